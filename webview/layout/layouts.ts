import source from 'worker:./worker.ts';
import type { Bends, LayoutInput, Positions } from './boxes.js';
import type { Flow } from './flow.js';
import type { LayoutAnswer, LayoutRequest } from './worker.js';

/** Computes layouts in a worker, the last request only; earlier ones are dropped. */
export class Layouts {
  readonly #onPlaced: (placed: Positions, bends: Bends) => void;
  readonly #onError: (error: Error) => void;
  #worker: Worker | null = null;
  #busy = false;
  #lastId = 0;

  constructor(onPlaced: (placed: Positions, bends: Bends) => void, onError: (error: Error) => void) {
    this.#onPlaced = onPlaced;
    this.#onError = onError;
  }

  ask(input: LayoutInput, former: Positions, flow: Flow): void {
    if (this.#busy) this.#end();
    this.#worker ??= this.#start();
    this.#busy = true;
    const request: LayoutRequest = { id: ++this.#lastId, input, former: [...former], flow };
    this.#worker.postMessage(request);
  }

  #start(): Worker {
    // The page may load no other script, so the worker's is part of it.
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    const worker = new Worker(url);
    URL.revokeObjectURL(url);
    worker.addEventListener('message', ({ data }: MessageEvent<LayoutAnswer>) => {
      if (data.id !== this.#lastId) return;
      this.#busy = false;
      if ('error' in data) this.#onError(new Error(`The graph could not be laid out: ${data.error}`));
      else this.#onPlaced(new Map(data.placed), new Map(data.bends));
    });
    worker.addEventListener('error', (event) => {
      this.#end();
      this.#onError(
        new Error(`The graph could not be laid out: ${event.message || 'its thread did not start'}`),
      );
    });
    return worker;
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#busy = false;
  }
}
