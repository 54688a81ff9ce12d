import { AsyncLocalStorage } from 'node:async_hooks';

import { ownMethods } from '../wall/own-methods.js';
import { BarRandom } from './random.js';

/** Whose code runs: the child's own, a provider's, or a phase of the strategy's. */
type ZoneKind = 'host' | 'provider' | 'module' | 'setup' | 'compute';

/** A scope of execution, with the timers and promises it leaves behind. */
export class Zone {
  readonly kind: ZoneKind;
  /** The node whose `computeFn` runs, by name. */
  readonly node: string | null;
  /** Position of the stream whose provider runs. */
  readonly stream: number | null;
  /** True once the scope has ended: what still runs in it was left behind. */
  ended = false;

  constructor(kind: ZoneKind, node: string | null = null, stream: number | null = null) {
    this.kind = kind;
    this.node = node;
    this.stream = stream;
  }
}

/** A node's zone while its bars are computed. */
class ComputeZone extends Zone {
  /** Close of the current bar, in epoch seconds; NaN in the column form. */
  asOf = NaN;
  #drawing = false;
  readonly #seed: string;
  #random: BarRandom | null = null;

  constructor(node: string, seed: string) {
    super('compute', node);
    this.#seed = seed;
  }

  readonly setBar = (asOf: number): void => {
    this.asOf = asOf;
    this.#drawing = false;
  };

  /** The bar's next random number. Most bars use none, so the sequence starts with the first call. */
  random(): number {
    this.#random ??= new BarRandom(this.#seed);
    if (!this.#drawing) {
      this.#drawing = true;
      this.#random.startBar(this.asOf);
    }
    return this.#random.next();
  }
}

const HOST = new Zone('host');

/**
 * Knows at any moment whose code runs. The zone follows timers and promises, so that what user code leaves behind is still
 * recognized. Code of unknown origin (a listener on an old emitter) does not count as the host.
 */
export class Zones {
  readonly #storage = ownMethods(new AsyncLocalStorage<Zone>());
  #loading: Zone | null = null;
  /** The node being computed; a plain field, since clock and random numbers read it at every call. */
  computing: ComputeZone | null = null;

  current(): Zone | null {
    return this.#storage.getStore() ?? this.#loading;
  }

  asHost<T>(work: () => T): T {
    const outer = this.computing;
    this.computing = null;
    try {
      return this.#storage.run(HOST, work);
    } finally {
      this.computing = outer;
    }
  }

  provider<T>(work: () => T, stream: number | null = null): T {
    return this.#storage.run(new Zone('provider', null, stream), work);
  }

  async load<T>(work: () => Promise<T>): Promise<T> {
    const zone = new Zone('module');
    this.#loading = zone;
    try {
      return await this.#storage.run(zone, work);
    } finally {
      zone.ended = true;
      this.#loading = null;
    }
  }

  setup<T>(work: () => T): T {
    const zone = new Zone('setup');
    try {
      return this.#storage.run(zone, work);
    } finally {
      zone.ended = true;
    }
  }

  compute<T>(node: string, seed: string, work: (setBar: (asOf: number) => void) => T): T {
    const zone = new ComputeZone(node, seed);
    const outer = this.computing;
    this.computing = zone;
    try {
      return this.#storage.run(zone, work, zone.setBar);
    } finally {
      this.computing = outer;
      zone.ended = true;
    }
  }
}
