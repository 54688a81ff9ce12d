import type { MessagePort, Worker } from 'node:worker_threads';
import { getDotPath, safeParse, type GenericSchema } from 'valibot';

import type { ComputeResult } from '../../engine/ports/host.js';
import { cancelled, deserializeError } from '../../protocol/wire-error.js';
import { SeamlessError } from '../../sdk/errors.js';
import {
  callResults,
  threadMessage,
  type CallKind,
  type CallMessage,
  type Calls,
  type ThreadMessage,
} from './messages.js';
import { eachResult } from './result-messages.js';
import { startWorker } from './start-worker.js';

/** After this many milliseconds, a cancelled call without an answer is stuck in author code. */
const PATIENCE_MS = 100;

export interface CallHooks {
  readonly signal?: AbortSignal | undefined;
  /** Called with the result of the request at a position. */
  readonly onComputed?: ((at: number, result: ComputeResult) => void) | undefined;
  /** Called with the number of firings done. */
  readonly onProgress?: ((at: number, done: number) => void) | undefined;
  /** Called with the address at which the thread waits for a debugger. */
  readonly onInspect?: ((url: string) => void) | undefined;
}

interface Pending extends CallHooks {
  readonly settle: (outcome: { readonly value: unknown } | { readonly error: SeamlessError }) => void;
}

/**
 * The thread that loads and computes one strategy. It has its own built-ins, modules and environment, and ends with the session:
 * what a strategy does to them affects nobody else.
 */
export class HostThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #start: () => void = () => undefined;
  /** Resolves when the thread can load a strategy, or has ended. */
  readonly ready = new Promise<void>((resolve) => (this.#start = resolve));
  /** Whether author code has printed anything. */
  printed = false;
  #lastId = 0;
  /** Why no call can be answered any more. */
  #ended: SeamlessError | null = null;
  /** Receives errors that author code left behind. */
  onStray: (error: SeamlessError) => void = () => undefined;

  constructor({ worker, port, failed, exited } = startWorker()) {
    this.#port = port;
    this.#worker = worker;
    port.on('message', (raw) => this.#receive(raw));
    port.on('messageerror', (error) => this.#receive(error));
    // The thread's last messages arrive before its exit event.
    void failed.then((error) => this.#end(lastWords(error)));
    this.#exited = exited.then((code) => {
      this.#end(
        new SeamlessError(
          'strategy',
          `The thread that runs the strategy ended unexpectedly (exit code ${code}): check whether the strategy ends it itself. The cache keeps what was finished.`,
        ),
      );
      port.close();
    });
  }

  /** False once the thread has ended or is about to. */
  get alive(): boolean {
    return this.#ended === null;
  }

  /**
   * Calls the thread.
   * @throws SeamlessError the thread's error; `cancelled` once the signal aborts, whatever the author code is doing; an
   * explanation when the thread ends
   */
  call<K extends CallKind>(
    kind: K,
    payload: Calls[K]['payload'],
    hooks: CallHooks = {},
  ): Promise<Calls[K]['result']> {
    const { signal } = hooks;
    if (signal?.aborted) return Promise.reject(cancelled());
    if (this.#ended) return Promise.reject(this.#ended);
    const id = ++this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      const abort = (): void => this.#cancel(id);
      this.#pending.set(id, {
        ...hooks,
        settle: (outcome) => {
          signal?.removeEventListener('abort', abort);
          this.#pending.delete(id);
          if ('error' in outcome) reject(outcome.error);
          else resolve(outcome.value);
        },
      });
      signal?.addEventListener('abort', abort, { once: true });
      // Kind and payload fit, but the types cannot follow that through the union.
      this.#port.postMessage({ type: 'call', id, kind, payload });
    });
    return answer.then((value) =>
      this.#read(callResults[kind] as GenericSchema<unknown, Calls[K]['result']>, kind, value),
    );
  }

  /** Ends the thread, whatever it is doing. */
  async end(): Promise<void> {
    this.#end(cancelled());
    await this.#worker.terminate();
    await this.#exited;
  }

  #cancel(id: number): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#port.postMessage({ type: 'cancel', id } satisfies CallMessage);
    setTimeout(() => {
      if (this.#pending.get(id) === pending) void this.end();
    }, PATIENCE_MS).unref();
  }

  #receive(raw: unknown): void {
    let message: ThreadMessage;
    try {
      message = this.#read(threadMessage, 'a message', raw);
    } catch {
      // All open requests are rejected with the reason.
      return;
    }
    const pending = this.#pending.get(message.id);
    switch (message.type) {
      case 'result':
        pending?.settle({ value: message.value });
        break;
      case 'error':
        pending?.settle({ error: deserializeError(message.error) });
        break;
      case 'stray':
        this.onStray(deserializeError(message.error));
        break;
      case 'computed':
        if (pending?.onComputed) eachResult(message.results, pending.onComputed);
        break;
      case 'progress':
        pending?.onProgress?.(message.at, message.done);
        break;
      case 'ready':
        this.#start();
        break;
      case 'print':
        this.printed = true;
        process[message.to].write(message.text);
        break;
      case 'inspect':
        pending?.onInspect?.(message.url);
        break;
    }
  }

  /** @throws SeamlessError for an invalid message; the thread is ended */
  #read<T>(schema: GenericSchema<unknown, T>, what: string, said: unknown): T {
    const read = safeParse(schema, said);
    if (read.success) return read.output;
    const [issue] = read.issues;
    const at = [what, getDotPath(issue)].filter((each) => each !== null).join(', ');
    const error = new SeamlessError(
      'strategy',
      `The thread that runs the strategy sent something that cannot be read (${at}: ${issue.message}), and was ended. Nothing of it was kept: check whether the strategy changes objects that are not its own.`,
    );
    this.#end(error);
    void this.#worker.terminate();
    throw error;
  }

  #end(reason: SeamlessError): void {
    this.#ended ??= reason;
    this.#start();
    for (const { settle } of [...this.#pending.values()]) settle({ error: this.#ended });
  }
}

function lastWords(error: Error & { code?: string }): SeamlessError {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new SeamlessError(
      'strategy',
      'The strategy ran out of memory: choose a shorter range, or let the strategy keep less at a time.',
    );
  }
  return new SeamlessError(
    'strategy',
    `The thread that runs the strategy ended unexpectedly: ${error.message}.`,
    {
      cause: error,
    },
  );
}
