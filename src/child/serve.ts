import { pathToFileURL } from 'node:url';
import { asError, SeamlessError } from '../sdk/errors.js';
import { builtFile } from '../protocol/built-file.js';
import { LASTING, NO_STRATEGY } from '../protocol/host-flag.js';
import { Inbox } from '../live/feed/inbox.js';
import type { BrokerSaid } from '../live/feed/broker-said.js';
import type { ChildMessage, RequestMessage } from '../protocol/messages.js';
import { packResult, parseParentMessage, requestId } from '../protocol/parse.js';
import { PacedProgress } from '../engine/run/paced-progress.js';
import { startAhead } from '../store/store.js';
import { JobService } from './service.js';
import { SpareThread } from './thread/spare-thread.js';
import { serializeError } from '../protocol/wire-error.js';

/**
 * The process that strategies run in, each in its own thread. The main thread has engine, store and sources, and never runs
 * author code. It answers its parent's requests one after the other, and exits with it.
 */

/** The current request; its controller cancels it, `stray` is an error that the strategy left behind. */
interface Work {
  readonly id: number;
  readonly controller: AbortController;
  stray: SeamlessError | null;
  /** A broker's event, for a live run. */
  readonly said: Inbox<BrokerSaid>;
}

/** Exit code for an error outside any request. */
const CRASHED = 1;

let current: Work | null = null;
const waiting: RequestMessage[] = [];

const threads = new SpareThread();
if (!process.argv.includes(NO_STRATEGY)) threads.prepare();

// In its own thread, while this one starts.
startAhead();

const service = new JobService({
  sdkUrl: pathToFileURL(builtFile('index.js')).href,
  takeThread: () => threads.take(),
});

function send(message: ChildMessage): void {
  // The parent is gone: there is nobody left to answer.
  if (!process.connected) process.exit(0);
  process.send?.(message, undefined, {}, (error) => {
    if (error) end(0);
  });
}

/** Exits, closing the cache first if it is idle. */
function end(code: number): void {
  const exit = (): never => process.exit(code);
  service.close().then(exit, exit);
}

/** The parent reads the last stderr output to explain the missing answer. */
function crash(thrown: unknown): void {
  const error = asError(thrown);
  const words = error instanceof SeamlessError ? `SeamlessError: ${error.message}` : error.stack;
  process.stderr.write(`${words ?? String(error)}\n`, () => process.exit(CRASHED));
}

function receive(raw: unknown): void {
  try {
    const message = parseParentMessage(raw);
    if (message.type === 'cancel') cancel(message.id);
    else if (message.type === 'broker') {
      if (current?.id === message.id) current.said.put(message.said);
    } else {
      waiting.push(message);
      if (!current) void work();
    }
  } catch (error) {
    const id = requestId(raw);
    if (id === null) send({ type: 'log', level: 'warn', text: serializeError(error).message });
    else send({ type: 'error', id, error: serializeError(error) });
  }
}

function cancel(id: number): void {
  if (current?.id === id) current.controller.abort();
  const position = waiting.findIndex((request) => request.id === id);
  if (position < 0) return;
  waiting.splice(position, 1);
  const error = new SeamlessError('cancelled', 'Cancelled before it began.');
  send({ type: 'error', id, error: serializeError(error) });
}

async function work(): Promise<void> {
  for (let request = waiting.shift(); request; request = waiting.shift()) await answer(request);
  // Prepared while nobody waits, so that the next strategy finds a ready thread.
  if (process.argv.includes(LASTING)) setImmediate(() => threads.prepare());
}

async function answer(request: RequestMessage): Promise<void> {
  const { id } = request;
  const mine: Work = { id, controller: new AbortController(), stray: null, said: new Inbox() };
  current = mine;
  const paced = new PacedProgress((progress) => send({ type: 'progress', id, progress }));
  try {
    const value = await service.answer(request.kind, request.payload, {
      progress: paced.report,
      signal: mine.controller.signal,
      log: (line) => send({ type: 'log', ...line }),
      inspect: (url) => send({ type: 'inspect', id, url }),
      written: () => send({ type: 'written', id }),
      said: mine.said,
      stray(error) {
        mine.stray ??= error;
        mine.controller.abort();
      },
    });
    if (mine.stray) throw mine.stray;
    paced.flush();
    send({ type: 'result', id, value: packResult(request.kind, value) });
  } catch (error) {
    paced.flush();
    send({ type: 'error', id, error: serializeError(mine.stray ?? error) });
  } finally {
    current = null;
  }
}

process.on('uncaughtException', crash).on('unhandledRejection', crash);
process.on('message', receive);
process.on('disconnect', () => end(0));
// Ctrl-C reaches the whole process group: the parent decides, and cancels in good order.
process.on('SIGINT', () => undefined);
send({ type: 'ready' });
