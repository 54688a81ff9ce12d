import type { OpenStream } from '../../engine/ports/source.js';
import { messageOf, SeamlessError } from '../../sdk/errors.js';
import type { Seconds } from '../../sdk/time/time.js';
import { sourceError } from '../faults.js';
import { paced } from '../wire/pace.js';
import { LONGEST_ASKED, Passing, patiently, Refusal } from '../wire/patience.js';
import type { Secrets } from '../wire/secrets.js';
import type { HttpSettings } from './settings.js';

/** The largest page that is accepted, in bytes. */
const MOST_BYTES = 64 * 2 ** 20;

/** How much of an unexpected answer is shown, in characters. */
const SHOWN_CHARS = 120;

/** What an exchange answered. */
interface Answer {
  readonly json: unknown;
  /** The exchange's clock, in seconds; null: it does not say. */
  readonly now: Seconds | null;
}

/**
 * Asks an exchange until it answers. Rate limits, server errors, lost connections and torn answers are tried again.
 * @param url complete, with its secrets
 * @throws SeamlessError `source` where it refuses, or keeps failing
 */
export async function ask(
  stream: OpenStream,
  { pace, attempts, timeoutMs }: HttpSettings,
  { url, headers }: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  secrets: Secrets,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const { host, origin, pathname } = new URL(url);
  const shown = secrets.hide(`${origin}${pathname}`);
  try {
    return await patiently(attempts, signal, () =>
      paced(host, pace, signal, () => askOnce(url, headers, timeoutMs, signal)),
    );
  } catch (error) {
    if (signal?.aborted) throw new SeamlessError('cancelled', 'Cancelled. What was fetched before is kept.');
    throw sourceError(
      stream,
      secrets.hide(sentence(error, shown, attempts)),
      error instanceof Refusal ? new Refusal(secrets.hide(error.message)) : undefined,
    );
  }
}

function sentence(error: unknown, shown: string, attempts: number): string {
  const message = messageOf(error);
  if (error instanceof Refusal) return `${shown} ${message}`;
  if (!(error instanceof Passing)) return `${shown} cannot be asked: ${message}.`;
  const { after } = error;
  if (after !== null && after > LONGEST_ASKED)
    return `${shown} ${message} and asks to wait ${Math.ceil(after)} s. What was fetched is kept: run again then.`;
  const tries = attempts === 1 ? 'at the only attempt' : `at each of ${attempts} attempts`;
  return `${shown} ${message}, ${tries}. What was fetched before is kept: run again once it answers.`;
}

async function askOnce(
  url: string,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const both = signal ? AbortSignal.any([signal, timeout]) : timeout;
  let response: Response;
  let text: string;
  try {
    // Following a redirect would send headers with secrets elsewhere.
    response = await fetch(url, { headers, signal: both, redirect: 'manual' });
    text = await bodyOf(response);
  } catch (error) {
    if (signal?.aborted || error instanceof Refusal) throw error;
    if (timeout.aborted) throw new Passing(`did not answer within ${timeoutMs / 1000} s`);
    throw new Passing(`cannot be reached (${reason(error)})`);
  }
  refuseStatus(response, text);
  return { json: parsed(text), now: clockOf(response) };
}

async function bodyOf(response: Response): Promise<string> {
  if (!response.body) return '';
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += part.byteLength;
    if (size > MOST_BYTES)
      throw new Refusal('answered with more than 64 MB, which is no page of bars: ask for fewer with limit.');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function refuseStatus({ status, headers, ok }: Response, text: string): void {
  if (ok) return;
  const said = brief(text);
  if (status === 429 || status === 418 || status >= 500 || status === 408)
    throw new Passing(`answered ${status}${said}`, retryAfter(headers.get('retry-after')));
  if (status >= 300 && status < 400) {
    const to = headers.get('location') ?? 'elsewhere';
    throw new Refusal(`has moved to ${to.split('?')[0] ?? to}: put that into url.`);
  }
  const hint =
    status === 401 || status === 403
      ? ': it wants another key or password, so check headers and the environment variables they name.'
      : ': check symbol, interval and limit in url.';
  throw new Refusal(`refused with ${status}${said}${hint}`);
}

function brief(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return '';
  return ` (${line.length > SHOWN_CHARS ? `${line.slice(0, SHOWN_CHARS)}…` : line})`;
}

/** Seconds of a `Retry-After` header: a number, or a date. */
function retryAfter(value: string | null): Seconds | null {
  if (value === null) return null;
  const seconds = /^\d+(?:\.\d+)?$/.test(value.trim())
    ? Number(value)
    : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Passing(
      text === ''
        ? 'answered with nothing'
        : `answered with something that is not JSON, or half of it${brief(text)}`,
    );
  }
}

function clockOf(response: Response): Seconds | null {
  const time = Date.parse(response.headers.get('date') ?? '') / 1000;
  return Number.isFinite(time) ? time : null;
}

/** Why a connection failed, from the error's cause. */
function reason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const inner = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  if (inner instanceof Error) {
    const { code } = inner as NodeJS.ErrnoException;
    // The codes of Node's own client say less than its sentences.
    return code === undefined || code.startsWith('UND_') ? inner.message : code;
  }
  return messageOf(error);
}
