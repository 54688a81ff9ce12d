import { parentPort, type MessagePort } from 'node:worker_threads';
import * as v from 'valibot';

import { SeamlessError } from '../sdk/errors.js';
import { serializeError } from '../protocol/wire-error.js';
import {
  payloads,
  toDiscovery,
  type DiscoveryKind,
  type DiscoveryPayload,
  type DiscoveryResult,
  type FromDiscovery,
  type ToDiscovery,
} from './messages.js';
import { nodeAt } from './node-at.js';
import { StrategyIndex } from './strategy-index.js';

/** The worker's end: keeps the index, reports changes, and answers every request. */
class DiscoveryWorker {
  readonly #port: MessagePort;
  readonly #index: StrategyIndex;

  constructor(port: MessagePort) {
    this.#port = port;
    this.#index = new StrategyIndex({
      onFile: (file) => this.#send({ type: 'file', file }),
      onRemoved: (file) => this.#send({ type: 'removed', file }),
      onFault: (error) => this.#send({ type: 'fault', error: serializeError(error) }),
    });
    port.on('message', (message: unknown) => this.#take(message));
  }

  #take(message: unknown): void {
    try {
      this.#handle(v.parse(toDiscovery, message));
    } catch (error) {
      this.#send({ type: 'fault', error: serializeError(error) });
    }
  }

  #handle(message: ToDiscovery): void {
    switch (message.type) {
      case 'request':
        void this.#answer(message.id, message.kind, message.payload);
        break;
      case 'changed':
        for (const file of message.files) this.#index.changed(file);
        break;
      case 'removed':
        this.#index.removed(message.file);
        break;
      case 'edited':
        this.#index.edited(message.file, message.text);
        break;
    }
  }

  async #answer(id: number, kind: DiscoveryKind, sent: unknown): Promise<void> {
    try {
      this.#send({ type: 'result', id, value: await this.#resultOf(kind, sent) });
    } catch (error) {
      this.#send({ type: 'error', id, error: serializeError(error) });
    }
  }

  #resultOf<K extends DiscoveryKind>(kind: K, sent: unknown): Promise<DiscoveryResult<K>> {
    return this.#handlers[kind](v.parse(payloads[kind], sent));
  }

  readonly #handlers: {
    readonly [K in DiscoveryKind]: (payload: DiscoveryPayload<K>) => Promise<DiscoveryResult<K>>;
  } = {
    scan: async ({ folders }) => {
      const started = performance.now();
      await this.#index.scan(folders);
      const { files, strategies } = this.#index.counts;
      return { files, strategies, ms: performance.now() - started };
    },
    nodeAt: async ({ file, text, line, column }) => nodeAt(file, text, line, column),
    settled: async () => {
      await this.#index.settled();
      return this.#index.counts;
    },
  };

  #send(message: FromDiscovery): void {
    this.#port.postMessage(message);
  }
}

if (!parentPort)
  throw new SeamlessError('internal', 'This file runs as a worker thread only: use DiscoveryClient.');
new DiscoveryWorker(parentPort);
