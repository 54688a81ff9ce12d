import type { DagNode } from '../dag-node.js';
import { SeamlessError, UndeclaredInput } from '../errors.js';
import { cellValue, rowValue, VALUE_COLUMN, type RowValue } from '../table.js';
import { formatTime, type Seconds } from '../time/time.js';
import { numbersOf, readSlot, resolveColumn, undeclaredInput, type View } from '../view.js';

/** The members of a universe at one bar, as a `CrossNode` sees them. */
export interface Section {
  /** The close of the bar, in epoch seconds. */
  readonly asOf: Seconds;
  /**
   * The members at this bar, in order: those with a row in each universe and family among the inputs, and, if the universe says
   * so, members at that time.
   */
  readonly symbols: readonly string[];
  readonly length: number;
  /** A column's numbers for all members, in the order of `symbols`; NaN where a row is null. A copy that you may change. */
  column(input: DagNode, name?: string): Float64Array;
  /**
   * The same for a column of any type, null where a row is null: `section.values<string>(prices, 'sector')`. Without a column:
   * the whole rows.
   */
  values<T extends RowValue = RowValue>(input: DagNode, name?: string): T[];
  /** The last value of an input without symbols. */
  latest<T>(input: DagNode<T>): T;
}

/** How the inputs of a cross-section map to inputs of the node that computes it. */
export interface CrossLayout {
  readonly name: string;
  readonly symbols: readonly string[];
  /** False: one value for the whole section. */
  readonly each: boolean;
  /** The node's inputs: the members of all families, then the inputs without symbols. */
  readonly inputs: readonly DagNode[];
  /** For each universe or family, the input position of each symbol. */
  readonly families: ReadonlyMap<DagNode, Int32Array>;
  /** Inputs without symbols. */
  readonly singles: ReadonlySet<DagNode>;
  /** For each universe with membership: the input position of each symbol's bars, and the membership column. */
  readonly memberships: readonly { readonly positions: Int32Array; readonly column: string }[];
}

/** Whether the symbol is a member at a bar. */
function isMember(view: View, position: number, name: string): boolean {
  const seen = readSlot(view, position);
  if (!seen) return false;
  const column = seen.source.table.columns[resolveColumn(seen.source, name)];
  const cell = column ? cellValue(column, seen.row) : null;
  if (cell === null) return false;
  if (typeof cell === 'boolean' || typeof cell === 'number') return Boolean(cell);
  throw new SeamlessError(
    'value',
    `Column ${name} of ${seen.source.name} says who is a member, and has ${JSON.stringify(cell)}: write true and false, or 1 and 0.`,
    { asOf: view.asOf },
  );
}

/** The section at the firing that a view shows. */
export class ViewSection implements Section {
  readonly asOf: Seconds;
  readonly symbols: readonly string[];
  readonly #view: View;
  readonly #layout: CrossLayout;
  /** The members' positions among all symbols. */
  readonly #members: readonly number[];

  constructor(view: View, layout: CrossLayout) {
    this.asOf = view.asOf;
    this.#view = view;
    this.#layout = layout;
    const families = [...layout.families.values()];
    const has = (place: number): boolean =>
      families.every((positions) => readSlot(view, positions[place] as number) !== null) &&
      layout.memberships.every(({ positions, column }) => isMember(view, positions[place] as number, column));
    this.#members = layout.symbols.map((_, place) => place).filter(has);
    this.symbols = Object.freeze(this.#members.map((place) => layout.symbols[place] as string));
    Object.freeze(this);
  }

  get length(): number {
    return this.symbols.length;
  }

  column(input: DagNode, name = VALUE_COLUMN): Float64Array {
    const positions = this.#positionsOf(input);
    const found = new Float64Array(this.#members.length);
    this.#members.forEach((place, index) => {
      const seen = this.#seen(positions, place);
      const column = seen.source.table.columns[resolveColumn(seen.source, name)];
      if (column) found[index] = numbersOf(seen.source.name, name, column)[seen.row] as number;
    });
    return found;
  }

  values<T extends RowValue = RowValue>(input: DagNode, name?: string): T[] {
    const positions = this.#positionsOf(input);
    return this.#members.map((place) => {
      const { source, row } = this.#seen(positions, place);
      if (name === undefined) return rowValue(source.table, row) as T;
      const column = source.table.columns[resolveColumn(source, name)];
      return (column ? cellValue(column, row) : null) as T;
    });
  }

  latest<T>(input: DagNode<T>): T {
    const { name, families, singles } = this.#layout;
    if (singles.has(input)) return this.#view.latest(input);
    if (families.has(input)) {
      throw new UndeclaredInput(
        `CrossNode ${name} asked for the latest value of ${input.name}, which has one for each member: read it with section.column(${input.name}).`,
        { node: name, asOf: this.asOf },
      );
    }
    throw this.#undeclared(input);
  }

  #seen(positions: Int32Array, place: number): NonNullable<ReturnType<typeof readSlot>> {
    return readSlot(this.#view, positions[place] as number) as NonNullable<ReturnType<typeof readSlot>>;
  }

  #positionsOf(input: DagNode): Int32Array {
    const { name, families, singles } = this.#layout;
    const positions = families.get(input);
    if (positions) return positions;
    if (singles.has(input)) {
      throw new UndeclaredInput(
        `CrossNode ${name} asked for the members of ${input.name} at asOf ${formatTime(this.asOf)}, which has no symbols: read it with section.latest(${input.name}).`,
        { node: name, asOf: this.asOf },
      );
    }
    throw this.#undeclared(input);
  }

  #undeclared(input: DagNode): UndeclaredInput {
    const { name, families, singles } = this.#layout;
    return undeclaredInput(name, input, [...families.keys(), ...singles], this.asOf);
  }
}

for (const shared of [ViewSection, ViewSection.prototype]) Object.freeze(shared);
