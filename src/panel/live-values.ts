import { plural } from '../present/format.js';
import { valueText } from '../present/values.js';
import { addTo } from '../sdk/lists.js';
import type { RunEvent } from '../sdk/live/live.js';
import type { RowValue } from '../sdk/table.js';
import type { Seconds } from '../sdk/time/time.js';
import type { LiveValue } from './state.js';

/** The fingerprint of a node: nodes with equal ones are one, and the journal names only the first. */
interface KnownNode {
  readonly name: string;
  readonly fingerprint: string;
  readonly family?: string | undefined;
  readonly symbol?: string | undefined;
}

interface Newest {
  readonly ts: Seconds;
  readonly asOf: Seconds;
  readonly value: RowValue;
}

/** The newest row of each stream and node, from a run's events in order. */
export class NewestValues {
  readonly #newest = new Map<string, Newest>();
  readonly #changed = new Set<string>();
  #asOf: Seconds | null = null;

  /** The time of the last event; null: none. */
  get asOf(): Seconds | null {
    return this.#asOf;
  }

  take(event: RunEvent): void {
    this.#asOf = Math.max(this.#asOf ?? -Infinity, event.asOf);
    if (event.type === 'bar') this.#put(event.stream, event.ts, event.asOf, event.row);
    else if (event.type === 'value') this.#put(event.node, event.ts, event.asOf, event.value);
    else if (event.type === 'late' && event.taken && event.row)
      this.#put(event.stream, event.ts, event.asOf, event.row);
    else if (event.type === 'revised' && event.value !== undefined)
      this.#put(event.node, event.ts, event.asOf, event.value);
  }

  /** Marks everything as changed. */
  again(): void {
    for (const name of this.#newest.keys()) this.#changed.add(name);
  }

  /** What changed since the last call. A family counts as one: how many of its symbols have a row of its newest time. */
  changes(nodes: readonly KnownNode[]): LiveValue[] {
    // Not described yet; reported once it is.
    if (nodes.length === 0) return [];
    const spoken = new Map(
      nodes.filter(({ name }) => this.#newest.has(name)).map(({ name, fingerprint }) => [fingerprint, name]),
    );
    const families = new Map<string, Newest[]>();
    const moved = new Set<string>();
    const values: LiveValue[] = [];
    for (const node of nodes) {
      const { name, fingerprint, family, symbol } = node;
      const source = this.#newest.has(name) ? name : (spoken.get(fingerprint) ?? name);
      const newest = this.#newest.get(source);
      // A node without a symbol in a family computes the values that the symbols get.
      if (!newest || (family !== undefined && symbol === undefined)) continue;
      if (family !== undefined) {
        addTo(families, family, newest);
        if (this.#changed.has(source)) moved.add(family);
      } else if (this.#changed.has(source)) {
        values.push({ name, asOf: newest.asOf, text: shortText(newest.value) });
      }
    }
    for (const family of moved) {
      const members = families.get(family) ?? [];
      const asOf = members.reduce((last, member) => Math.max(last, member.asOf), -Infinity);
      const count = members.filter((member) => member.asOf === asOf).length;
      values.push({ name: family, asOf, text: plural(count, 'symbol') });
    }
    this.#changed.clear();
    return values;
  }

  #put(name: string, ts: Seconds, asOf: Seconds, value: RowValue): void {
    if (ts < (this.#newest.get(name)?.ts ?? -Infinity)) return;
    this.#newest.set(name, { ts, asOf, value });
    this.#changed.add(name);
  }
}

/** A bar is shown by its close: a box has no room for more. */
function shortText(value: RowValue): string {
  const close =
    typeof value === 'object' && value !== null && !Array.isArray(value) && 'close' in value
      ? value['close']
      : undefined;
  return valueText(close ?? value);
}
