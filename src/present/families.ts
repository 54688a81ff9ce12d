import * as l10n from '@vscode/l10n';

import type { NodeStanding } from './freshness.js';
import { formatCount, plural } from './format.js';

/** A node, and whose it is where it is over a universe: the family that its author named, and the symbol. */
interface Shown {
  readonly standing: NodeStanding;
  readonly family?: string | undefined;
  readonly symbol?: string | undefined;
}

/** The nodes of one name: of a family all its members, else the node itself. */
interface Family<T> {
  /** Null: the node is in no family. */
  readonly family: string | null;
  readonly members: readonly [T, ...T[]];
}

/** From bad to good: a family stands as its worst member. */
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

/** The nodes, those of a family as one, at the place of the first of them. */
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

/** The nodes of a family that have a symbol: one may compute what all are taken from. */
export function symbolsOf<T extends Shown>(members: readonly T[]): T[] {
  return members.filter(({ symbol }) => symbol !== undefined);
}

export function worstOf(nodes: readonly Shown[]): NodeStanding {
  return WORST_FIRST.find((standing) => nodes.some((node) => node.standing === standing)) ?? 'empty';
}

/** Those that need a look before those that are fresh, each kind by its symbol. */
export function worstFirst<T extends Shown>(nodes: readonly T[]): T[] {
  const place = ({ standing }: T): number => WORST_FIRST.indexOf(standing);
  const bySymbol = (a: T, b: T): number => ((a.symbol ?? '') < (b.symbol ?? '') ? -1 : 1);
  return [...nodes].sort((a, b) => place(a) - place(b) || bySymbol(a, b));
}

/** `30 symbols`. */
export function symbolCount(members: readonly Shown[]): string {
  return plural(symbolsOf(members).length, 'symbol');
}

/** How a family stands: `29 of 30 symbols are fresh. AAPL: …`, with the sentence of the worst one where not all are fresh. */
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
