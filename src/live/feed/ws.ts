import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { WebSocket } from 'ws';
import { SeamlessError } from '../../sdk/errors.js';
import { closeOf } from '../../sdk/time/grid.js';
import type { Seconds } from '../../sdk/time/time.js';
import { Silence, type Feed, type FeedMessage, type FeedStream } from './feed.js';
import { Inbox } from './inbox.js';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;
/** The largest message that is read, in bytes. */
const MAX_MESSAGE = 16 * 1024 * 1024;

/** Seconds: a number beyond can only be milliseconds. */
const time = v.pipe(v.number(), v.finite(), v.maxValue(1e11, 'Expected seconds, but this is milliseconds'));
const message: v.GenericSchema<unknown, FeedMessage> = v.variant('type', [
  v.object({
    type: v.literal('bar'),
    stream: v.string(),
    ts: time,
    row: v.record(v.string(), v.nullable(v.union([v.number(), v.boolean(), v.string()]))),
  }),
  v.object({ type: v.literal('heartbeat'), time }),
  v.object({ type: v.literal('closed') }),
]);

export interface WsOptions {
  readonly url: string;
  readonly token?: string | undefined;
  /** Seconds without a word after which the connection is taken for dead. */
  readonly silence: Seconds;
  /** Told of what was lost or not understood. */
  readonly onTrouble: (text: string) => void;
}

/** Bars over a WebSocket, by the protocol of `docs/core-loop.md`. A connection that is lost is made again, from the last bars on. */
export function wsFeed(options: WsOptions): Feed {
  return {
    async *open(streams, since, signal) {
      const from = new Map(streams.map(({ name }) => [name, since]));
      let wait = FIRST_WAIT_MS;
      let reached = false;
      while (!signal.aborted) {
        const connection = connect(options, streams, Math.min(...from.values()), signal);
        try {
          for await (const each of connection) {
            reached = true;
            wait = FIRST_WAIT_MS;
            if (each.type === 'bar') noteBar(from, streams, each);
            yield each;
            if (each.type === 'closed') return;
          }
          if (!stopped(signal))
            options.onTrouble(`The feed at ${options.url} ended the connection: connecting again.`);
        } catch (error) {
          const text = error instanceof Error ? error.message : String(error);
          if (!reached) {
            throw new SeamlessError(
              'source',
              `The feed at ${options.url} cannot be reached: ${text}. Check its address in the world, and whether it is up.`,
            );
          }
          if (error instanceof Silence) yield { type: 'silent', seconds: error.seconds };
          options.onTrouble(`The feed at ${options.url} was lost (${text}): connecting again.`);
        }
        if (stopped(signal)) return;
        // Many runs that lost one exchange do not all come back at once.
        await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
        wait = Math.min(LONGEST_WAIT_MS, wait * 2);
      }
    },
  };
}

/** Asked anew each time: it changes while others are waited for. */
function stopped(signal: AbortSignal): boolean {
  return signal.aborted;
}

function noteBar(
  from: Map<string, Seconds>,
  streams: readonly FeedStream[],
  { stream, ts }: FeedMessage & { type: 'bar' },
): void {
  const grid = streams.find(({ name }) => name === stream);
  if (!grid) return;
  from.set(stream, Math.max(from.get(stream) ?? -Infinity, closeOf(ts, grid)));
}

/** The messages of one connection. */
async function* connect(
  { url, token, silence, onTrouble }: WsOptions,
  streams: readonly FeedStream[],
  since: Seconds,
  signal: AbortSignal,
): AsyncGenerator<FeedMessage> {
  const inbox = new Inbox<FeedMessage>();
  const socket = new WebSocket(url, {
    maxPayload: MAX_MESSAGE,
    handshakeTimeout: silence * 1000,
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });
  const abort = (): void => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const listen = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      inbox.fail(new Silence(silence));
      socket.terminate();
    }, silence * 1000);
  };
  socket.on('open', () => {
    // JSON knows no −∞: null asks for whatever there is.
    socket.send(JSON.stringify({ type: 'subscribe', streams, since: Number.isFinite(since) ? since : null }));
    listen();
  });
  socket.on('message', (data: Buffer) => {
    listen();
    const found = understood(data);
    if (typeof found === 'string')
      onTrouble(`The feed at ${url} sent something that is not a message (${found}): it is left out.`);
    else inbox.put(found);
  });
  socket.on('error', (error) => inbox.fail(error));
  socket.on('close', () => inbox.end());
  try {
    yield* inbox;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    socket.terminate();
  }
}

/** Clocks differ, but not by a day: such a time would close all slots up to it. */
function inFuture(each: FeedMessage): boolean {
  const at = each.type === 'bar' ? each.ts : each.type === 'heartbeat' ? each.time : -Infinity;
  return at > Date.now() / 1000 + 86_400;
}

function understood(data: Buffer): FeedMessage | string {
  let json: unknown;
  try {
    json = JSON.parse(data.toString('utf8'));
  } catch {
    return 'not JSON';
  }
  const outcome = v.safeParse(message, json, { abortEarly: true });
  if (outcome.success) return inFuture(outcome.output) ? 'a time in the future' : outcome.output;
  const path = v.getDotPath(outcome.issues[0]);
  return `${path === null ? '' : `${path}: `}${outcome.issues[0].message}`;
}
