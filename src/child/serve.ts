import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import * as sdk from '../index.js';
import { SeamlessError } from '../sdk/errors.js';
import { builtFile } from '../protocol/built-file.js';
import { snapshotIntrinsics } from '../hosts/typescript/fingerprint/intrinsics.js';
import { readTexts } from '../hosts/typescript/fingerprint/text/known-texts.js';
import { authorLocation, describeLocation } from '../hosts/typescript/sandbox/author.js';
import { installComputeOnly } from '../hosts/typescript/sandbox/context.js';
import { HOST_FLAG } from '../protocol/host-flag.js';
import {
  parseParentMessage,
  requestId,
  type ChildMessage,
  type RequestMessage,
} from '../protocol/messages.js';
import { PacedProgress } from '../engine/run/paced-progress.js';
import { startAhead } from '../store/store.js';
import { JobService } from './service.js';
import { endWithParent } from './watchdog.js';
import { serializeError } from '../protocol/wire-error.js';

/*
 * The process that strategies run in. It answers the requests of its parent one after the other, and ends with it.
 */

// Looked for before the context is entered, which refuses files.
const sdkUrl = pathToFileURL(builtFile('index.js')).href;
readTexts(readFileSync(builtFile('sdk-texts.json'), 'utf8'));

const place = { projectRoot: process.cwd(), bundlePath: '' };

/** The request being answered; its controller ends it early, `stray` is an error that user code left behind. */
interface Work {
  readonly id: number;
  readonly controller: AbortController;
  stray: Error | null;
}

/** Exit codes: nothing went wrong but that a strategy left something running; an error that no request is to blame for. */
const LEFT = 3;
const CRASHED = 1;

let current: Work | null = null;
const waiting: RequestMessage[] = [];

Object.defineProperty(globalThis, Symbol.for(HOST_FLAG), { value: true });

// On a thread of its own, while this one gets ready.
startAhead();

const context = installComputeOnly({
  get projectRoot() {
    return place.projectRoot;
  },
  authorLocation: (error) => authorLocation(error, place.projectRoot, place.bundlePath),
  onStray: onStrayError,
});

const service = new JobService({
  context,
  intrinsics: context.asHost(() => snapshotIntrinsics(sdk)),
  sdk: { url: sdkUrl, exports: sdk },
  enter: (bundlePath) => {
    place.bundlePath = bundlePath;
  },
});

/** Code that a strategy left running, in a timer say, went wrong: whatever is being computed cannot be trusted. */
function onStrayError(error: Error): void {
  if (!current) {
    crash(error);
    return;
  }
  current.stray ??= error;
  current.controller.abort();
}

function send(message: ChildMessage, isLast = false): void {
  // A parent that is gone needs no answer, and this process no longer runs for anybody.
  if (!process.connected) process.exit(0);
  process.send?.(message, undefined, {}, (error) => {
    if (error || isLast) context.asHost(() => end(isLast ? LEFT : 0));
  });
}

/** Ends the process, the cache closed first if that is idle. */
function end(code: number): void {
  const exit = (): never => process.exit(code);
  service.close().then(exit, exit);
}

/** Whoever asks next is told by the last words on stderr why nobody answers. */
function crash(error: Error): void {
  const words = error instanceof SeamlessError ? `SeamlessError: ${error.message}` : error.stack;
  process.stderr.write(`${words ?? String(error)}\n`, () => context.asHost(() => process.exit(CRASHED)));
}

/** What a strategy left running would get in the way of the next one too: that has to start in another process. */
function leave(lastWords: ChildMessage): void {
  const why =
    'The process that runs strategies had to end, because of what another strategy left running in it: run again.';
  for (const { id } of waiting.splice(0)) {
    send({ type: 'error', id, error: serializeError(new SeamlessError('internal', why)) });
  }
  send(lastWords, true);
}

function receive(raw: unknown): void {
  try {
    const message = parseParentMessage(raw);
    if (message.type === 'cancel') cancel(message.id);
    else {
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
}

async function answer(request: RequestMessage): Promise<void> {
  const { id } = request;
  const mine: Work = { id, controller: new AbortController(), stray: null };
  current = mine;
  // From the first request on: before, no code of the author's can keep this thread from hearing that the parent is gone.
  endWithParent();
  if ('strategy' in request.payload && typeof request.payload.strategy === 'object') {
    place.projectRoot = request.payload.strategy.projectRoot;
  }
  const paced = new PacedProgress((progress) => send({ type: 'progress', id, progress }));
  try {
    const value = await service.answer(request.kind, request.payload, {
      progress: paced.report,
      signal: mine.controller.signal,
      log: (line) => send({ type: 'log', ...line }),
      inspect: (url) => new Promise((sent) => process.send?.({ type: 'inspect', id, url }, () => sent())),
    });
    if (mine.stray) throw mine.stray;
    paced.flush();
    send({ type: 'result', id, value });
  } catch (error) {
    paced.flush();
    const stray = strayOf(mine);
    if (stray) leave({ type: 'error', id, error: serializeError(stray) });
    else send({ type: 'error', id, error: serializeError(error) });
  } finally {
    current = null;
  }
}

function strayOf({ stray }: Work): Error | null {
  if (!stray || stray instanceof SeamlessError) return stray;
  const location = authorLocation(stray, place.projectRoot, place.bundlePath);
  const at = location ? ` at ${describeLocation(location, place.projectRoot)}` : '';
  return new SeamlessError(
    'strategy',
    `Code that the strategy left running, in a timer or a promise, threw${at}: ${stray.message}. A strategy must be done when its functions return.`,
    { location: location ?? undefined, cause: stray },
  );
}

process.on('message', (raw) => context.asHost(() => receive(raw)));
process.on('disconnect', () => context.asHost(() => end(0)));
// Ctrl-C reaches the whole group: the parent decides, and cancels in good order.
process.on('SIGINT', () => undefined);
context.asHost(() => send({ type: 'ready' }));
