import { SeamlessError } from '../../../sdk/errors.js';
import type { ComputeFn } from '../../../sdk/node.js';
import { formatTime } from '../../../sdk/time/time.js';
import type { CrossNode } from '../../../sdk/universe/cross-node.js';
import { ViewSection, type CrossLayout } from '../../../sdk/universe/section.js';
import type { ComputeContext } from '../compute/computation.js';
import { show } from '../compute/failures.js';
import { authored } from '../compute/lasting.js';

/** Computes a bar of a cross-section: a record with a field per symbol (null: no value), or the one value of all. */
export function sectionCompute(
  node: CrossNode<unknown>,
  layout: CrossLayout | undefined,
  context: ComputeContext,
): ComputeFn<unknown> {
  if (!layout) throw new SeamlessError('internal', `Node ${node.name} was given no members.`);
  const compute = authored(context, node.computeFn);
  return (view) => {
    const section = new ViewSection(view, layout);
    // An input without symbols has a bar, but no member does.
    if (section.length === 0) return undefined;
    const given = compute(section);
    if (!layout.each) return given;
    return given === undefined || given === null ? undefined : recordOf(node, layout, section, given);
  };
}

function recordOf(
  node: CrossNode<unknown>,
  { name, symbols }: CrossLayout,
  section: ViewSection,
  given: unknown,
): Readonly<Record<string, number | null>> | undefined {
  const values = Array.isArray(given) || given instanceof Float64Array ? given : null;
  const refuse = (gave: string): SeamlessError =>
    new SeamlessError(
      'value',
      `CrossNode ${name} gave ${gave} at asOf ${formatTime(section.asOf)}, where it sees ${section.length} ${section.length === 1 ? 'member' : 'members'}: return an array with a number for each in the order of section.symbols, or one number for all; for one value of another kind write gives: 'one'.`,
      { node: node.name, asOf: section.asOf },
    );
  if (values === null && typeof given !== 'number') throw refuse(show(given));
  if (values !== null && values.length !== section.length) throw refuse(`${values.length} values`);
  const bySymbol = new Map<string, number>();
  for (let index = 0; index < section.length; index++) {
    const value: unknown = values === null ? given : values[index];
    if (value === null || value === undefined) continue;
    const symbol = section.symbols[index] as string;
    if (typeof value !== 'number') throw refuse(`${show(value)} to ${symbol}`);
    bySymbol.set(symbol, value);
  }
  if (bySymbol.size === 0) return undefined;
  return Object.fromEntries(symbols.map((symbol) => [symbol, bySymbol.get(symbol) ?? null]));
}
