import { parentPort, type MessagePort } from 'node:worker_threads';

import { SeamlessError } from '../sdk/errors.js';
import { serializeError } from '../protocol/wire-error.js';
import type { DiscoveryRequest, FromDiscovery, ToDiscovery } from './messages.js';
import { nodeAt } from './node-at.js';
import { StrategyIndex } from './strategy-index.js';

/** The worker's end: keeps the index, reports changes, and answers every request. */
class DiscoveryWorker {
  readonly #port: MessagePort;
  readonly #index: StrategyIndex;
  readonly #underWay = new Map<number, AbortController>();

  constructor(port: MessagePort) {
    this.#port = port;
    this.#index = new StrategyIndex({
      onFile: (file) => this.#send({ type: 'file', file }),
      onRemoved: (file) => this.#send({ type: 'removed', file }),
      onFault: (error) => this.#send({ type: 'fault', error: serializeError(error) }),
    });
    port.on('message', (message: ToDiscovery) => this.#take(message));
  }

  #take(message: ToDiscovery): void {
    switch (message.type) {
      case 'request':
        void this.#answer(message);
        break;
      case 'cancel':
        this.#underWay.get(message.id)?.abort();
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

  async #answer(request: DiscoveryRequest): Promise<void> {
    const { id } = request;
    const aborter = new AbortController();
    this.#underWay.set(id, aborter);
    try {
      this.#send({ type: 'result', id, value: await this.#resultOf(request, aborter.signal) });
    } catch (error) {
      this.#send({ type: 'error', id, error: serializeError(error) });
    } finally {
      this.#underWay.delete(id);
    }
  }

  async #resultOf({ kind, payload }: DiscoveryRequest, signal: AbortSignal): Promise<unknown> {
    switch (kind) {
      case 'scan': {
        const started = performance.now();
        await this.#index.scan(payload.folders, signal);
        const { files, strategies } = this.#index.counts;
        return { files, strategies, ms: performance.now() - started };
      }
      case 'nodeAt':
        return nodeAt(payload.file, payload.text, payload.line, payload.column);
      case 'settled':
        await this.#index.settled();
        return this.#index.counts;
    }
  }

  #send(message: FromDiscovery): void {
    this.#port.postMessage(message);
  }
}

if (!parentPort)
  throw new SeamlessError('internal', 'This file runs as a worker thread only: use DiscoveryClient.');
new DiscoveryWorker(parentPort);
