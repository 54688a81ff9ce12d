import * as v from 'valibot';
import { messageOf, SeamlessError } from '../../sdk/errors.js';
import { closeOf } from '../../sdk/time/grid.js';
import type { Seconds } from '../../sdk/time/time.js';
import { Silence, type Feed, type FeedMessage, type FeedStream } from './feed.js';
import { openSocket, Pauses, stopped, understood } from './connection.js';
import { Inbox } from './inbox.js';

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
  /** The environment variable that has the token; absent: there is none. */
  readonly tokenFrom?: string | undefined;
  /** After this many seconds without a message, the connection counts as dead. */
  readonly silence: Seconds;
  /** Receives messages about lost connections and invalid data. */
  readonly onTrouble: (text: string) => void;
}

/** Bars over a WebSocket, by the protocol of `docs/core-loop.md`. After a lost connection, it connects again and asks for bars since the last ones. */
export function wsFeed(options: WsOptions): Feed {
  const told = new Set<string>();
  const once = (text: string): void => {
    if (told.has(text)) return;
    told.add(text);
    options.onTrouble(text);
  };
  return {
    async *open(streams, since, signal) {
      const from = new Map(streams.map(({ name }) => [name, since]));
      const pauses = new Pauses();
      let heard = false;
      // The last loss that was told, until something is heard again: attempts that fail for the same reason are told once.
      let lost: string | null = null;
      while (!signal.aborted) {
        const connection = connect(options, streams, Math.min(...from.values()), signal, once);
        try {
          for await (const each of connection) {
            heard = true;
            lost = null;
            pauses.reset();
            if (each.type === 'bar') noteBar(from, streams, each);
            yield each;
            if (each.type === 'closed') return;
          }
        } catch (error) {
          // At the start, a person can correct it. Later the feed may come back by itself.
          if (!heard) throw new SeamlessError('source', `The feed at ${options.url} ${whyNot(error)}`);
          if (error instanceof Silence) yield { type: 'silent', seconds: error.seconds };
          const text = lostText(error);
          if (text !== lost) options.onTrouble(`The feed at ${options.url} ${text}: connecting again.`);
          lost = text;
        }
        if (stopped(signal)) return;
        await pauses.next(signal);
      }
    },
  };
}

/** The feed refused the connection, or ended it. The message says what to do. */
class Refused extends Error {}

/** Why a feed that has sent nothing cannot be used, and the way out. */
function whyNot(error: unknown): string {
  if (error instanceof Refused) return `${error.message}.`;
  if (error instanceof Silence)
    return `was reached, but said nothing for ${error.seconds} s. See whether it is up; if its bars and heartbeats come more slowly than that, give the world's feed a longer silence.`;
  const text = messageOf(error);
  return `cannot be reached: ${text}. Check its address in the world, and whether it is up.`;
}

/** How a connection was lost. */
function lostText(error: unknown): string {
  const text = messageOf(error);
  return error instanceof Refused ? (text.split(': ')[0] ?? text) : `was lost (${text})`;
}

function refusedWith(status: number, tokenFrom: string | undefined): Refused {
  if (status === 401 || status === 403)
    return new Refused(
      tokenFrom === undefined
        ? `wants a token (it answered ${status}): put it into an environment variable, and name that with tokenFrom in the world's feed`
        : `takes no such token (it answered ${status}): correct the environment variable ${tokenFrom}, which the world's feed names with tokenFrom`,
    );
  if (status === 404)
    return new Refused('has nothing at this address (it answered 404): correct the url in the world');
  return new Refused(`answered ${status}: run again once it is up, or correct the url in the world`);
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
  options: WsOptions,
  streams: readonly FeedStream[],
  since: Seconds,
  signal: AbortSignal,
  once: (text: string) => void,
): AsyncGenerator<FeedMessage> {
  const { url, tokenFrom, silence } = options;
  const inbox = new Inbox<FeedMessage>();
  const socket = openSocket(options, MAX_MESSAGE);
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
    // JSON has no −∞: null asks for all bars.
    socket.send(JSON.stringify({ type: 'subscribe', streams, since: Number.isFinite(since) ? since : null }));
    listen();
  });
  socket.on('message', (data: Buffer) => {
    listen();
    const found = understood(message, data);
    const fault = typeof found === 'string' ? found : inFuture(found) ? 'a time in the future' : null;
    if (typeof found === 'string' || fault !== null)
      once(
        `The feed at ${url} sent something that is not a message (${fault}). It is left out, and so is what is like it. docs/core-loop.md has the messages of a feed.`,
      );
    else inbox.put(found);
  });
  socket.on('unexpected-response', (_, { statusCode }) => {
    inbox.fail(refusedWith(statusCode ?? 0, tokenFrom));
    socket.terminate();
  });
  socket.on('error', (error) => inbox.fail(error));
  socket.on('close', (code: number, reason: Buffer) => {
    const why = reason.length > 0 ? `${code}, ${reason.toString('utf8')}` : String(code);
    if (signal.aborted) inbox.end();
    else inbox.fail(new Refused(`ended the connection (${why}): see what it says, and run again`));
  });
  try {
    yield* inbox;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    socket.terminate();
  }
}

/** Clocks differ, but not by a day. A wrong time would close all slots up to it. */
function inFuture(each: FeedMessage): boolean {
  const at = each.type === 'bar' ? each.ts : each.type === 'heartbeat' ? each.time : -Infinity;
  return at > Date.now() / 1000 + 86_400;
}
