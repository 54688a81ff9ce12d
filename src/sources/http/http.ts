import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { FileContext } from '../files.js';
import { PagedReader } from '../wire/paged-reader.js';
import { Secrets } from '../wire/secrets.js';
import { ask } from './ask.js';
import { pageOf, timeText } from './page.js';
import { httpSettings } from './settings.js';

/** Raised when the same answers come to be taken for other bars. */
const VERSION = 1;

/** @throws SeamlessError `source` when an option is wrong. */
export async function openHttp(stream: OpenStream, { signal }: FileContext): Promise<SourceReader> {
  const settings = httpSettings(stream);
  const { url, timeUnit, limit, stabilizationBars, since, until } = settings;
  const secrets = new Secrets(stream);
  // Read when first needed: a hit needs no secrets.
  const filled = (): { url: string; headers: Readonly<Record<string, string>> } => ({
    url: secrets.fill(url, encodeURIComponent),
    headers: Object.fromEntries(
      Object.entries(settings.headers).map(([name, value]) => [name, secrets.fill(value)]),
    ),
  });
  const { origin, pathname } = new URL(url);
  let now: Seconds | null = null;
  return new PagedReader(stream, {
    version: `http ${VERSION}`,
    shown: `${origin}${pathname}`,
    limit,
    stabilizationBars,
    since,
    until,
    now: () => now,
    async page(range) {
      const words: Readonly<Record<string, string>> = {
        start: timeText(range.start, timeUnit, false),
        end: timeText(range.end, timeUnit, true),
        afterStart: timeText(range.start, timeUnit, true),
        beforeEnd: timeText(range.end, timeUnit, false),
        limit: String(limit),
      };
      const to = filled();
      const address = to.url.replace(/\{(\w+)\}/g, (place, name: string) => words[name] ?? place);
      const answer = await ask(stream, settings, { ...to, url: address }, secrets, signal);
      now = answer.now ?? now;
      return pageOf(stream, settings, answer.json, range);
    },
  });
}
