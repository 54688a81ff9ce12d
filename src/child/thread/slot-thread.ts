import { resolveGraph } from '../../engine/graph/graph.js';
import { SlotEvaluator } from '../../engine/run/evaluation/slot-evaluator.js';
import type { OpenedHost } from '../../hosts/typescript/open-host.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { Table } from '../../sdk/table.js';
import { shareTable } from './share.js';
import {
  TablePacker,
  unpackTables,
  type BeginSlots,
  type CloseSlots,
  type SentSlots,
} from './slot-messages.js';

/**
 * After this many calls, all built-ins are checked, or the core ones; after every other call, only the core functions are
 * compared.
 */
const LOOKED_AT_ALL = 256;
const LOOKED_AT = 32;

type Host = OpenedHost['host'];

/** From this many rows on, a table is passed in shared memory; below, a copy is cheaper. */
const WORTH_SHARING = 512;

/** Computes the Core Loop's slots in the strategy's thread: one call per slot, not per node. */
export class SlotThread {
  #evaluator: SlotEvaluator | null = null;
  #host: Host | null = null;
  #calls = 0;
  #streams: ReadonlySet<number> = new Set();

  async begin(host: Host, { canonical, warm }: BeginSlots): Promise<null> {
    const graph = resolveGraph(await host.describe());
    this.#host = host;
    host.settleSlot('look');
    this.#streams = new Set(graph.nodes.filter(({ kind }) => kind === 'stream').map(({ index }) => index));
    this.#evaluator = new SlotEvaluator(
      graph,
      canonical,
      host,
      new Map(warm),
      // The run ends with its thread.
      new AbortController().signal,
    );
    return null;
  }

  async close({ closes, bars, revision }: CloseSlots): Promise<SentSlots> {
    if (!this.#evaluator) throw new SeamlessError('internal', 'No slots were begun in this thread.');
    const packer = new TablePacker();
    let most = 0;
    const taken = (node: number, table: Table): void => {
      most = Math.max(most, table.ts.length);
      // The other side has the bars of streams.
      if (!this.#streams.has(node)) packer.add(node, table);
    };
    const failures = await this.#evaluator.closeInto(taken, closes, unpackTables(bars), revision);
    const meddled = this.#meddled(most);
    if (meddled !== null) throw new SeamlessError('compute', meddled);
    const { numbers, others } = packer.packed;
    const shared = others.map(
      ([node, found]) => [node, found.ts.length < WORTH_SHARING ? found : shareTable(found)] as const,
    );
    return { tables: { numbers, others: shared }, failures: [...failures] };
  }

  /** What was done to built-in objects. A whole look takes longer than a slot, so it is taken now and then. @param rows the most of a node */
  #meddled(rows: number): string | null {
    const host = this.#host;
    if (!host) return null;
    const calls = ++this.#calls;
    if (calls % LOOKED_AT_ALL === 0) return host.settle();
    const isDue = calls % LOOKED_AT === 0 || rows > LOOKED_AT;
    return host.settleSlot(isDue ? 'look' : 'glance');
  }
}
