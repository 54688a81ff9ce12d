import { changedInputs, ownChanges, type PartChange, type NodeNow } from './changes.js';
import type { Fingerprint } from './fingerprints.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import type { Part } from '../ports/host.js';
import type { EarlierNode, NodeComparison, NodeRecord, NodeStore } from '../ports/store.js';

/** How many changes a sentence names; the rest is counted. */
const NAMED_CHANGES = 3;

/** How many upstream nodes are named per input. */
const NAMED_ROOTS = 2;

/** Explains what changed about nodes since the previous version of their name. */
export class Explainer {
  readonly #graph: Graph;
  readonly #prints: readonly Fingerprint[];
  readonly #records: readonly NodeRecord[];
  readonly #earlier: ReadonlyMap<number, EarlierNode>;
  /** The current parts of changed code hashes. */
  readonly #parts: ReadonlyMap<number, readonly Part[]>;
  readonly #own = new Map<number, readonly PartChange[]>();
  readonly #roots = new Map<number, ReadonlySet<number>>();

  private constructor(
    graph: Graph,
    prints: readonly Fingerprint[],
    records: readonly NodeRecord[],
    earlier: ReadonlyMap<number, EarlierNode>,
    parts: ReadonlyMap<number, readonly Part[]>,
  ) {
    this.#graph = graph;
    this.#prints = prints;
    this.#records = records;
    this.#earlier = earlier;
    this.#parts = parts;
  }

  /** @param histories of changed nodes, looked up in one statement */
  static async load(
    store: NodeStore,
    graph: Graph,
    prints: readonly Fingerprint[],
    records: readonly NodeRecord[],
    histories: readonly NodeComparison[],
  ): Promise<Explainer> {
    const changed = records.flatMap((record, index) => {
      const history = histories[index];
      return history === 'own-changed' || history === 'input-changed' ? [{ record, index }] : [];
    });
    const found = new Map<number, EarlierNode>();
    if (changed.length > 0) {
      const before = await store.earlier(changed.map(({ record }) => record));
      changed.forEach(({ index }, position) => {
        const node = before[position];
        if (node) found.set(index, node);
      });
    }
    const parts = await Promise.all(
      [...found]
        .filter(([index, { own }]) => records[index]?.codeHash !== own)
        .map(async ([index]) => [index, (await records[index]?.parts()) ?? []] as const),
    );
    return new Explainer(graph, prints, records, found, new Map(parts));
  }

  /** What changed in a node itself, then in its inputs. Empty if nothing is known. */
  changes(index: number): readonly PartChange[] {
    const before = this.#earlier.get(index);
    if (!before) return [];
    const node = this.#node(index);
    const upstream = changedInputs(before, this.#now(index)).flatMap((position) => {
      const edge = node.edges[position];
      return edge ? [this.#upstreamChange(edge.node)] : [];
    });
    const seen = new Set<string>();
    // A node that is an input twice is named once.
    return [...this.#ownChanges(index), ...upstream].filter(
      ({ text }) => !seen.has(text) && !!seen.add(text),
    );
  }

  #ownChanges(index: number): readonly PartChange[] {
    let changes = this.#own.get(index);
    if (!changes) {
      const before = this.#earlier.get(index);
      changes = before && !this.#print(index).unhashable ? ownChanges(before, this.#now(index)) : [];
      this.#own.set(index, changes);
    }
    return changes;
  }

  #upstreamChange(input: number): PartChange {
    const { name } = this.#node(input);
    const what = `input \`${name}\``;
    const change = { what, kind: 'upstream', file: null, before: null, after: null } as const;
    const { unhashable } = this.#print(input);
    if (unhashable) return { ...change, text: `${what} is computed each time, because ${unhashable}` };
    const roots = [...this.#rootsOf(input)];
    const causes = roots.slice(0, NAMED_ROOTS).map((root) => {
      const [first] = this.#ownChanges(root);
      const why = this.#print(root).unhashable ? 'computed each time' : (first?.text ?? 'changed');
      return root === input ? why : `\`${this.#node(root).name}\`: ${why}`;
    });
    if (roots.length > NAMED_ROOTS) causes.push(`and ${roots.length - NAMED_ROOTS} more`);
    return {
      ...change,
      text: `${what} changed upstream${causes.length > 0 ? ` (${causes.join('; ')})` : ''}`,
    };
  }

  /** The nodes at or above one that changed by themselves. */
  #rootsOf(index: number): ReadonlySet<number> {
    const known = this.#roots.get(index);
    if (known) return known;
    const roots = new Set<number>();
    this.#roots.set(index, roots);
    const before = this.#earlier.get(index);
    if (this.#print(index).unhashable || this.#ownChanges(index).length > 0) roots.add(index);
    else if (before) {
      for (const position of changedInputs(before, this.#now(index))) {
        const edge = this.#node(index).edges[position];
        if (edge) for (const root of this.#rootsOf(edge.node)) roots.add(root);
      }
    }
    return roots;
  }

  #now(index: number): NodeNow {
    const { codeHash: own, inputs } = this.#records[index] as NodeRecord;
    const { edges } = this.#node(index);
    return {
      codeHash: own,
      parts: this.#parts.get(index) ?? [],
      inputs: inputs.map((fingerprint, position) => ({
        fingerprint,
        name: this.#node(edges[position]?.node ?? 0).name,
      })),
    };
  }

  #node(index: number): GraphNode {
    return this.#graph.nodes[index] as GraphNode;
  }

  #print(index: number): Fingerprint {
    return this.#prints[index] as Fingerprint;
  }
}

/** Changes as a sentence; null: none. */
export function sentenceOf(changes: readonly Pick<PartChange, 'text'>[]): string | null {
  if (changes.length === 0) return null;
  const named = changes.slice(0, NAMED_CHANGES).map(({ text }) => text);
  const rest = changes.length - named.length;
  const more = rest > 0 ? [`and ${rest} more ${rest === 1 ? 'change' : 'changes'}`] : [];
  const text = [...named, ...more].join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
