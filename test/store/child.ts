/**
 * A process of its own that uses the cache in a folder, for tests of several at once. `hold` keeps it open until told to let
 * go; `commit` commits chunk after chunk and says so, until it is killed; `try` opens it, and says why not.
 */
import { SeamlessError } from '../../src/sdk/errors.js';
import { openStore } from '../../src/store/store.js';
import { EMPTY_COMMIT, numbers, segment, valueTable } from './support.js';

const [mode, dir = ''] = process.argv.slice(2);

function say(message: unknown): void {
  process.send?.(message);
}

async function hold(): Promise<void> {
  const store = await openStore({ dir });
  say('open');
  await new Promise((resolve) => process.once('message', resolve));
  await store.close();
  process.disconnect();
}

async function commitOnAndOn(): Promise<void> {
  const store = await openStore({ dir });
  const spans = (await store.coverage(['a'])).get('a') ?? [];
  for (let start = spans.at(-1)?.end ?? 0; ; start += 1000) {
    const ts = Array.from({ length: 1000 }, (_, index) => start + index);
    const segments = ['a', 'b', 'c'].map((name) =>
      segment(name, start, start + 1000, valueTable(ts, numbers(ts))),
    );
    await store.commit({ ...EMPTY_COMMIT, segments });
    say(start + 1000);
  }
}

async function tryToOpen(): Promise<void> {
  try {
    const store = await openStore({ dir });
    await store.close();
    say({ code: null, message: 'opened' });
  } catch (error) {
    say(
      error instanceof SeamlessError
        ? { code: error.code, message: error.message }
        : { code: 'none', message: String(error) },
    );
  }
  process.disconnect();
}

const modes: Readonly<Record<string, () => Promise<void>>> = { hold, commit: commitOnAndOn, try: tryToOpen };
await modes[mode ?? '']?.();
