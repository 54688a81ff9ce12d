import { common, type RangeSet } from '../engine/plan/ranges.js';
import { formatCount } from '../present/format.js';
import { groupBy } from '../sdk/lists.js';

interface Told {
  readonly name: string;
  readonly state: string;
  readonly reason: string;
  readonly family?: string | undefined;
  readonly symbol?: string | undefined;
}

/** A line in a table of nodes: a node, or a family. */
interface NodeLine<T extends Told> {
  /** `mom × 800` for a family. */
  readonly name: string;
  /** The members with a symbol; outside families, the node. */
  readonly nodes: readonly T[];
  /** The first member in the worst state. */
  readonly worst: T;
  /** The reason for its state; for a family with several reasons, with the symbol. */
  readonly reason: string;
}

/** The nodes with each family in one line, at the place of its first node. @param worstFirst states from bad to good */
export function nodeLines<T extends Told>(
  nodes: readonly T[],
  worstFirst: readonly T['state'][],
): readonly NodeLine<T>[] {
  const groups = groupBy<T | string, T>(nodes, (node) => node.family ?? node);
  return [...groups.values()].map((all) => {
    const own = all.filter(({ symbol }) => symbol !== undefined);
    const members = own.length > 0 ? own : all;
    const place = ({ state }: T): number => worstFirst.indexOf(state);
    const worst = all.reduce((a, b) => (place(b) < place(a) ? b : a));
    const { name, family, symbol, reason } = worst;
    if (family === undefined) return { name, nodes: members, worst, reason };
    const alike = members.filter((each) => each.state === worst.state).length;
    return {
      name: `${family} × ${formatCount(members.length)}`,
      nodes: members,
      worst,
      reason:
        alike === members.length
          ? reason
          : `${formatCount(alike)} of ${formatCount(members.length)}. ${symbol ?? name}: ${reason}`,
    };
  });
}

/** The ranges that all nodes have. */
export function commonCoverage(
  nodes: readonly { readonly coverage: readonly (readonly [number, number])[] }[],
): readonly [number, number][] {
  // Members of a family share theirs.
  return [...new Set(nodes.map(({ coverage }) => coverage))]
    .map((coverage) => coverage.map(([start, end]) => ({ start, end })))
    .reduce<RangeSet>((all, each) => common(all, each), [{ start: -Infinity, end: Infinity }])
    .map(({ start, end }) => [start, end]);
}
