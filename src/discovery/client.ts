import { Worker } from 'node:worker_threads';

import { messageOf, SeamlessError } from '../sdk/errors.js';
import { deserializeError } from '../protocol/wire-error.js';
import type {
  DiscoveryKind,
  DiscoveryRequest,
  DiscoveryRequests,
  FromDiscovery,
  ScanSummary,
  ToDiscovery,
} from './messages.js';
import type { NodeAtPosition } from './node-at.js';
import type { IndexCounts, IndexedFile } from './strategy-index.js';

export type { NodeAtPosition } from './node-at.js';
export type { IndexedFile } from './strategy-index.js';

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
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: SeamlessError) => void;
}

/** The editor's end of the strategy index. A worker thread searches the files, so the caller never waits. */
export class DiscoveryClient {
  readonly #options: DiscoveryClientOptions;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  /** Files that changed in this turn of the event loop. */
  readonly #changes: string[] = [];
  /** Why nothing is answered any more. */
  #ended: SeamlessError | null = null;
  #lastId = 0;

  constructor(options: DiscoveryClientOptions) {
    this.#options = options;
    // The worker needs neither this process's flags nor its environment.
    this.#worker = new Worker(options.workerPath, { execArgv: [], env: {} });
    let reason = '';
    this.#worker.on('message', (message: FromDiscovery) => this.#take(message));
    this.#worker.on('error', (error) => (reason = messageOf(error)));
    this.#worker.on('exit', (code) => {
      if (this.#ended) return;
      const why = `The search for strategies stopped unexpectedly (${reason || `exit code ${code}`}). What is shown of strategies may be out of date: reload the window.`;
      this.#end(new SeamlessError('internal', why));
      options.onError(new SeamlessError('internal', why));
    });
  }

  /**
   * Searches folders in the background, replacing those of an earlier scan; resolves when done.
   * @throws SeamlessError `cancelled` by the signal, a later scan or `dispose`; `internal` when the worker died
   */
  scan(folders: readonly string[], options: { signal?: AbortSignal } = {}): Promise<ScanSummary> {
    return this.#request('scan', { folders }, options.signal);
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
    this.#post({ type: 'edited', file, text });
  }

  /** What created the node whose name is at a position (line and column from 1); null: no such name is there. */
  nodeAt(file: string, text: string, line: number, column: number): Promise<NodeAtPosition | null> {
    return this.#request('nodeAt', { file, text, line, column });
  }

  /** Resolves when everything sent so far is processed, and listeners were called. */
  settled(): Promise<IndexCounts> {
    return this.#request('settled', null);
  }

  /** Ends the worker; pending requests are rejected. */
  async dispose(): Promise<void> {
    this.#end(new SeamlessError('cancelled', 'The search for strategies was ended.'));
    await this.#worker.terminate();
  }

  #end(reason: SeamlessError): void {
    this.#ended ??= reason;
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }

  #request<K extends DiscoveryKind>(
    kind: K,
    payload: DiscoveryRequests[K]['payload'],
    signal?: AbortSignal,
  ): Promise<DiscoveryRequests[K]['result']> {
    if (this.#ended) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    const cancel = (): void => this.#post({ type: 'cancel', id });
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      // Kind and payload fit, but the types cannot follow that through the union.
      this.#post({ type: 'request', id, kind, payload } as DiscoveryRequest);
      signal?.addEventListener('abort', cancel, { once: true });
      if (signal?.aborted) cancel();
    }) as Promise<DiscoveryRequests[K]['result']>;
    return answer.finally(() => signal?.removeEventListener('abort', cancel));
  }

  /** Sends pending changes before the message: the worker processes everything in order. */
  #post(message: ToDiscovery): void {
    this.#postChanges();
    this.#worker.postMessage(message);
  }

  #postChanges(): void {
    const files = this.#changes.splice(0);
    if (files.length > 0) this.#worker.postMessage({ type: 'changed', files } satisfies ToDiscovery);
  }

  #take(message: FromDiscovery): void {
    if (this.#ended) return;
    switch (message.type) {
      case 'file':
        return this.#options.onFile(message.file);
      case 'removed':
        return this.#options.onRemoved(message.file);
      case 'fault':
        return this.#options.onError(deserializeError(message.error));
      case 'result':
        return this.#settle(message.id)?.resolve(message.value);
      case 'error':
        return this.#settle(message.id)?.reject(deserializeError(message.error));
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}
