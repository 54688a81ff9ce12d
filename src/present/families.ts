import * as l10n from '@vscode/l10n';

import type { NodeStanding } from './freshness.js';
import { formatCount, plural } from './format.js';

/** A node and, over a universe, its family and symbol. */
interface Shown {
  readonly standing: NodeStanding;
  readonly family?: string | undefined;
  readonly symbol?: string | undefined;
}

/** The nodes with one name: all members of a family, else the node itself. */
interface Family<T> {
  /** Null: the node is in no family. */
  readonly family: string | null;
  readonly members: readonly [T, ...T[]];
}

/** From bad to good: a family's state is that of its worst member. */
const WORST_FIRST: readonly NodeStanding[] = [
  'failed',
  'blocked',
  'changed',
  'maybe-stale',
  'partial',
  'empty',
  'uncached',
  'fresh',
];

/** The nodes with each family as one, at the place of its first node. */
export function byFamily<T extends Pick<Shown, 'family'>>(nodes: readonly T[]): Family<T>[] {
  const families = new Map<string, [T, ...T[]]>();
  return nodes.flatMap((node): Family<T>[] => {
    const { family } = node;
    const known = family === undefined ? undefined : families.get(family);
    if (known) {
      known.push(node);
      return [];
    }
    const members: [T, ...T[]] = [node];
    if (family !== undefined) families.set(family, members);
    return [{ family: family ?? null, members }];
  });
}

/** The nodes of a family that have a symbol: one may compute for all of them. */
export function symbolsOf<T extends Shown>(members: readonly T[]): T[] {
  return members.filter(({ symbol }) => symbol !== undefined);
}

export function worstOf(nodes: readonly Shown[]): NodeStanding {
  return WORST_FIRST.find((standing) => nodes.some((node) => node.standing === standing)) ?? 'empty';
}

/** Problems first, then by symbol. */
export function worstFirst<T extends Shown>(nodes: readonly T[]): T[] {
  const place = ({ standing }: T): number => WORST_FIRST.indexOf(standing);
  const bySymbol = (a: T, b: T): number => ((a.symbol ?? '') < (b.symbol ?? '') ? -1 : 1);
  return [...nodes].sort((a, b) => place(a) - place(b) || bySymbol(a, b));
}

/** `30 symbols`. */
export function symbolCount(members: readonly Shown[]): string {
  return plural(symbolsOf(members).length, 'symbol');
}

/** A family's state: `29 of 30 symbols are fresh. AAPL: …`, with the sentence for the worst one. */
export function familyText(
  members: readonly (Shown & { readonly name: string; readonly why: string })[],
): string {
  const symbols = symbolsOf(members);
  const fresh = symbols.filter(({ standing }) => standing === 'fresh').length;
  const count = l10n.t('{0} of {1} are fresh.', formatCount(fresh), symbolCount(members));
  const standing = worstOf(members);
  if (standing === 'fresh') return count;
  const worst = members.find((node) => node.standing === standing);
  return worst ? `${count} ${worst.symbol ?? worst.name}: ${worst.why}` : count;
}
