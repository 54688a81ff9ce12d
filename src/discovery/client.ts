import { Worker } from 'node:worker_threads';
import * as v from 'valibot';

import { messageOf, SeamlessError } from '../sdk/errors.js';
import { deserializeError } from '../protocol/wire-error.js';
import {
  fromDiscovery,
  results,
  type DiscoveryKind,
  type DiscoveryPayload,
  type DiscoveryResult,
  type FromDiscovery,
  type ScanSummary,
  type ToDiscovery,
} from './messages.js';
import type { NodeAtPosition } from './node-at.js';
import type { IndexCounts, IndexedFile } from './strategy-index.js';

export type { ScanSummary } from './messages.js';
export type { NodeAtPosition } from './node-at.js';
export type { IndexCounts, IndexedFile } from './strategy-index.js';

interface DiscoveryClientOptions {
  /** `discovery-worker.cjs` of this package as built. */
  readonly workerPath: string;
  /** A file's strategies changed. Not called for files that have none and had none. */
  readonly onFile: (file: IndexedFile) => void;
  /** A file with strategies is gone. */
  readonly onRemoved: (file: string) => void;
  /** An error outside of any request. */
  readonly onError: (error: SeamlessError) => void;
}

interface Pending {
  readonly take: (value: unknown) => void;
  readonly reject: (error: SeamlessError) => void;
}

/**
 * The editor's end of the strategy index. A worker thread searches the files, so the caller never waits. A worker that dies is
 * restarted once, with the same folders and texts; after that, `scan` starts one.
 */
export class DiscoveryClient {
  readonly #options: DiscoveryClientOptions;
  readonly #pending = new Map<number, Pending>();
  /** Texts of open editors, for a restarted worker. */
  readonly #edits = new Map<string, string>();
  /** Files that changed in this turn of the event loop. */
  readonly #changes: string[] = [];
  /** Files with strategies, as reported to the listener. */
  readonly #shown = new Set<string>();
  /** Files of `#shown` that a restarted worker has not reported yet. */
  #unconfirmed: Set<string> | null = null;
  #folders: readonly string[] | null = null;
  #worker: Worker | null;
  #restarted = false;
  #disposed = false;
  #lastId = 0;

  constructor(options: DiscoveryClientOptions) {
    this.#options = options;
    this.#worker = this.#start();
  }

  /**
   * Searches folders in the background, replacing those of an earlier scan; resolves when done.
   * @throws SeamlessError `cancelled` by a later scan or `dispose`; `internal` when the worker died
   */
  async scan(folders: readonly string[]): Promise<ScanSummary> {
    this.#folders = [...folders];
    if (!this.#worker && !this.#disposed) {
      this.#restarted = false;
      this.#worker = this.#startAgain();
    }
    const summary = await this.#request('scan', { folders: this.#folders });
    this.#removeUnconfirmed();
    return summary;
  }

  /** A file or folder was saved or created. The worker gets all changes of one turn in one message. */
  changed(file: string): void {
    if (this.#changes.length === 0) setImmediate(() => this.#postChanges());
    this.#changes.push(file);
  }

  /** A file or folder was deleted. */
  removed(file: string): void {
    this.#post({ type: 'removed', file });
  }

  /** Text of an open editor; null: closed, so the file counts again. */
  edited(file: string, text: string | null): void {
    if (text === null) this.#edits.delete(file);
    else this.#edits.set(file, text);
    this.#post({ type: 'edited', file, text });
  }

  /** What created the node whose name is at a position (line and column from 1); null: no such name is there. */
  nodeAt(file: string, text: string, line: number, column: number): Promise<NodeAtPosition | null> {
    return this.#request('nodeAt', { file, text, line, column });
  }

  /** Resolves when everything sent so far is processed, and listeners were called. */
  settled(): Promise<IndexCounts> {
    return this.#request('settled', {});
  }

  /** Ends the worker; pending requests are rejected. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const worker = this.#worker;
    this.#worker = null;
    this.#rejectAll(new SeamlessError('cancelled', 'The search for strategies was ended.'));
    await worker?.terminate();
  }

  #start(): Worker {
    // The worker needs neither this process's flags nor its environment.
    const worker = new Worker(this.#options.workerPath, { execArgv: [], env: {} });
    let reason = '';
    worker.on('message', (message: unknown) => {
      if (this.#worker === worker) this.#take(message);
    });
    worker.on('error', (error) => (reason = messageOf(error)));
    worker.on('exit', (code) => {
      if (this.#worker === worker) this.#died(reason || `exit code ${code}`);
    });
    return worker;
  }

  /** A worker that is told what an earlier one knew. */
  #startAgain(): Worker {
    const worker = this.#start();
    this.#unconfirmed = new Set(this.#shown);
    for (const [file, text] of this.#edits) {
      worker.postMessage({ type: 'edited', file, text } satisfies ToDiscovery);
    }
    return worker;
  }

  #died(reason: string): void {
    this.#worker = null;
    const stopped = `The search for strategies stopped unexpectedly (${reason})`;
    if (this.#restarted) {
      const error = new SeamlessError(
        'internal',
        `${stopped} a second time. What is shown of strategies may be out of date: reload the window.`,
      );
      this.#rejectAll(error);
      this.#options.onError(error);
      return;
    }
    this.#restarted = true;
    const error = new SeamlessError('internal', `${stopped} and was started again.`);
    this.#worker = this.#startAgain();
    this.#rejectAll(error);
    this.#options.onError(error);
    if (this.#folders) this.#scanAgain(this.#folders);
  }

  #scanAgain(folders: readonly string[]): void {
    this.#request('scan', { folders }).then(
      () => this.#removeUnconfirmed(),
      // The death is reported elsewhere, and a newer scan continues.
      (error: unknown) => {
        if (error instanceof SeamlessError && !['internal', 'cancelled'].includes(error.code)) {
          this.#options.onError(error);
        }
      },
    );
  }

  #removeUnconfirmed(): void {
    const gone = this.#unconfirmed ?? [];
    this.#unconfirmed = null;
    for (const file of gone) this.#gone(file);
  }

  #gone(file: string): void {
    if (this.#shown.delete(file)) this.#options.onRemoved(file);
  }

  #request<K extends DiscoveryKind>(kind: K, payload: DiscoveryPayload<K>): Promise<DiscoveryResult<K>> {
    if (!this.#worker) {
      const why = this.#disposed ? 'was ended' : 'has stopped: reload the window';
      return Promise.reject(new SeamlessError('internal', `The search for strategies ${why}.`));
    }
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<DiscoveryResult<K>>((resolve, reject) => {
      this.#pending.set(id, { take: (value) => resolve(v.parse(results[kind], value)), reject });
      this.#post({ type: 'request', id, kind, payload });
    });
  }

  /** Sends pending changes before the message: the worker processes everything in order. */
  #post(message: ToDiscovery): void {
    this.#postChanges();
    this.#worker?.postMessage(message);
  }

  #postChanges(): void {
    const files = this.#changes.splice(0);
    if (files.length > 0) this.#worker?.postMessage({ type: 'changed', files } satisfies ToDiscovery);
  }

  #take(message: unknown): void {
    const read = v.safeParse(fromDiscovery, message);
    if (read.success) this.#handle(read.output);
    else this.#options.onError(notUnderstood());
  }

  #handle(message: FromDiscovery): void {
    switch (message.type) {
      case 'file':
        this.#unconfirmed?.delete(message.file.file);
        if (message.file.strategies.length > 0) this.#shown.add(message.file.file);
        else this.#shown.delete(message.file.file);
        this.#options.onFile(message.file);
        break;
      case 'removed':
        this.#gone(message.file);
        break;
      case 'fault':
        this.#options.onError(deserializeError(message.error));
        break;
      case 'result':
      case 'error':
        this.#settle(message);
    }
  }

  #settle(answer: Extract<FromDiscovery, { readonly id: number }>): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (answer.type === 'error') {
      pending?.reject(deserializeError(answer.error));
      return;
    }
    try {
      pending?.take(answer.value);
    } catch {
      pending?.reject(notUnderstood());
    }
  }

  #rejectAll(error: SeamlessError): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of all) reject(error);
  }
}

function notUnderstood(): SeamlessError {
  return new SeamlessError(
    'internal',
    'The search for strategies gave an answer that was not understood. Reload the window, which starts it again.',
  );
}
