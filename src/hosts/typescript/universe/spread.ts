import type { MemberDescription } from '../../../engine/ports/host.js';
import { slottingOf, type DagNode } from '../../../sdk/dag-node.js';
import { SeamlessError } from '../../../sdk/errors.js';
import { KernelCompute, Node, StreamInput } from '../../../sdk/node.js';
import { resample } from '../../../sdk/bars/resample.js';
import { formatInterval, parseInterval, type Seconds } from '../../../sdk/time/time.js';
import { PresetHistory } from '../../../sdk/providers/presets.js';
import type { TradeRule } from '../../../sdk/strategy.js';
import { CrossNode, givesEach } from '../../../sdk/universe/cross-node.js';
import type { CrossLayout } from '../../../sdk/universe/section.js';
import { checkSymbols, MEMBER, Universe, universeSource } from '../../../sdk/universe/universe.js';
import type { ComputedNode } from '../compute/computation.js';
import { inputPositions } from '../compute/compute.js';
import { isComputed } from '../node-facts.js';
import { symbolOptions } from './universe-source.js';

/** How an engine node relates to what the author wrote. */
interface Origin extends MemberDescription {
  /** The author's node whose function it calls; null: none. */
  readonly definition: ComputedNode | null;
}

/** One traded symbol of a rule. */
export interface MemberTrade {
  readonly decision: DagNode;
  readonly price: DagNode;
  /** The node that decides for all symbols at once; null: each has its own decision. */
  readonly section: DagNode | null;
}

/** A family's members by symbol. */
type Members = ReadonlyMap<string, DagNode>;

/** The engine's name of a symbol's node: `mom[AAPL]`. */
function memberName(family: string, symbol: string): string {
  return `${family}[${symbol}]`;
}

/**
 * A strategy's nodes as the engine sees them: a universe becomes a stream per symbol, a family a node per symbol, and a
 * cross-section one node with all members as inputs, plus one per symbol that extracts its value.
 */
export class Spread {
  readonly nodes: readonly DagNode[];
  /** What the author created and code may hold, but the engine does not see. */
  readonly definitions: readonly DagNode[];
  readonly #families = new Map<DagNode, Members>();
  readonly #origins = new Map<DagNode, Origin>();
  readonly #sections = new Map<DagNode, CrossLayout>();
  /** The universes of a family, which decide membership. */
  readonly #universes = new Map<DagNode, ReadonlySet<Universe<unknown>>>();
  /** Bars of a longer interval that decide membership. */
  readonly #slower = new Map<string, DagNode[]>();
  readonly #found: ReadonlyMap<string, readonly string[]>;
  readonly #interval: Seconds | null;

  /**
   * @param written the author's nodes, inputs before dependents
   * @param found the symbols of universes that do not list them, by name
   * @param interval the strategy's
   * @throws SeamlessError `strategy` or `duplicate-node`
   */
  constructor(
    written: readonly DagNode[],
    found: ReadonlyMap<string, readonly string[]>,
    interval: Seconds | null,
  ) {
    this.#found = found;
    this.#interval = interval;
    this.nodes = written.flatMap((node) => this.#spread(node));
    this.definitions = [...this.#families.keys()];
    if (this.definitions.length > 0) refuseTwins(written);
  }

  memberOf(node: DagNode): MemberDescription | null {
    const origin = this.#origins.get(node);
    return origin ? { family: origin.family, symbol: origin.symbol } : null;
  }

  sectionOf(node: DagNode): CrossLayout | undefined {
    return this.#sections.get(node);
  }

  inputsOf(node: ComputedNode): readonly DagNode[] {
    return this.#sections.get(node)?.inputs ?? node.inputs;
  }

  /** The author's node: the same for all members of a family. */
  definitionOf(node: DagNode): DagNode {
    return this.#origins.get(node)?.definition ?? node;
  }

  /** Whether an input is read only in the bar's own slot, and may be missing there. */
  gathers(node: ComputedNode, input: DagNode): boolean {
    const section = this.#sections.get(node);
    if (section) return this.#origins.has(input) && !section.singles.has(input);
    return this.#sections.get(input)?.each === true;
  }

  /** Where a computation finds the inputs that a view is asked for: a section reads those with symbols itself. */
  viewedBy(node: ComputedNode): ReadonlyMap<DagNode, number> {
    const section = this.#sections.get(node);
    if (!section) return this.positionsOf(node);
    return new Map([...section.singles].map((input) => [input, section.inputs.indexOf(input)]));
  }

  /** The position of each input of a node, by the names in its function: the same however many symbols there are. */
  positionsOf(node: ComputedNode): ReadonlyMap<DagNode, number> {
    const section = this.#sections.get(node);
    if (section)
      return new Map([...section.families.keys(), ...section.singles].map((input, i) => [input, i]));
    const definition = this.#origins.get(node)?.definition;
    if (!definition) return inputPositions(node);
    return new Map([...inputPositions(node), ...inputPositions(definition)]);
  }

  /** A rule's symbols. @throws SeamlessError `strategy` if decision and price have different symbols */
  tradesOf({ decision, price }: TradeRule): readonly MemberTrade[] {
    const decisions = this.#families.get(decision);
    const prices = this.#families.get(price);
    if (!decisions && !prices) return [{ decision, price, section: null }];
    if (!decisions || !prices) {
      const [many, one] = decisions ? [decision, price] : [price, decision];
      throw new SeamlessError(
        'strategy',
        `this.trade(${decision.name}, ${price.name}): ${many.name} has a row for each symbol of a universe, and ${one.name} has none of symbols. Trade a node over the universe with the universe itself.`,
        { node: many.name },
      );
    }
    const section = decision instanceof CrossNode ? this.#sectionNode(decision) : null;
    return [...decisions].map(([symbol, member]) => {
      const bars = prices.get(symbol);
      if (bars) return { decision: member, price: bars, section };
      throw new SeamlessError(
        'strategy',
        `this.trade(${decision.name}, ${price.name}): ${decision.name} decides for ${symbol}, which ${price.name} has no bars of. Trade it with the universe that it is computed from.`,
        { node: decision.name },
      );
    });
  }

  #sectionNode(node: CrossNode<unknown>): DagNode | null {
    for (const [section, origin] of this.#origins)
      if (origin.definition === node && origin.symbol === null) return section;
    return null;
  }

  #spread(node: DagNode): DagNode[] {
    if (node instanceof Universe) return this.#streams(node);
    if (node instanceof CrossNode) return this.#section(node);
    if (!isComputed(node) || !node.inputs.some((input) => this.#families.has(input))) return [node];
    return this.#family(node, this.#symbolsOf(node), node, (symbol, name) =>
      nodeLike(node, {
        name,
        inputs: node.inputs.map((input) => this.#families.get(input)?.get(symbol) ?? input),
      }),
    );
  }

  #streams(universe: Universe<unknown>): DagNode[] {
    const { name: family, period, historyProvider, origin } = universe;
    const { symbols, ...source } = universeSource(universe);
    const all = symbols ?? checkSymbols(this.#found.get(family), family, true);
    return this.#family(universe, all, null, (symbol, name) => {
      const stream = new StreamInput({
        name,
        tags: [family, symbol],
        ...slottingOf(universe),
        period,
        historyProvider: providerOf(historyProvider, { ...symbolOptions(source), symbol }),
      });
      return nodeLike(stream, { origin });
    });
  }

  #section(node: CrossNode<unknown>): DagNode[] {
    const symbols = this.#symbolsOf(node);
    if (symbols.length === 0) {
      throw new SeamlessError(
        'strategy',
        `CrossNode ${node.name} has no universe among its inputs, nor a node over one: name one, or make it a Node.`,
        { node: node.name },
      );
    }
    const inputs: DagNode[] = [];
    const families = new Map<DagNode, Int32Array>();
    const singles = new Set<DagNode>();
    for (const input of new Set(node.inputs)) {
      const members = this.#families.get(input);
      const first = inputs.length;
      inputs.push(...(members ? symbols.map((symbol) => members.get(symbol) as DagNode) : [input]));
      if (!members) singles.add(input);
      else
        families.set(
          input,
          Int32Array.from(symbols, (_, index) => first + index),
        );
    }
    const each = givesEach(node);
    const made: DagNode[] = [];
    const memberships = [...this.#universesOf(node)].map((universe) => {
      const { nodes, column } = this.#membership(universe, symbols, this.#intervalOf(node), made);
      const positions = Int32Array.from(nodes, (input) => {
        const at = inputs.indexOf(input);
        return at < 0 ? inputs.push(input) - 1 : at;
      });
      return { positions, column };
    });
    const layout = { name: node.name, symbols, each, inputs, families, singles, memberships };
    if (!each) {
      this.#sections.set(node, layout);
      return [...made, node];
    }
    const section = nodeLike(node, { name: memberName(node.name, '*'), inputs });
    this.#sections.set(section, layout);
    this.#origins.set(section, { family: node.name, symbol: null, definition: node });
    const members = this.#family(node, symbols, null, (symbol, name) =>
      nodeLike(valueOfMember(section, symbol, name), { origin: node.origin }),
    );
    return [...made, section, ...members];
  }

  /** The universes of a node's families that decide membership. */
  #universesOf(node: ComputedNode): ReadonlySet<Universe<unknown>> {
    return new Set(node.inputs.flatMap((input) => [...(this.#universes.get(input) ?? [])]));
  }

  /**
   * The nodes whose bars decide membership, by symbol, at an interval, and the column that does.
   * @param made receives nodes created for this
   */
  #membership(
    universe: Universe<unknown>,
    symbols: readonly string[],
    interval: Seconds | null,
    made: DagNode[],
  ): { readonly nodes: readonly DagNode[]; readonly column: string } {
    const { members } = universeSource(universe);
    const column = typeof members === 'string' ? members : MEMBER;
    const bars = this.#families.get(universe) as Members;
    const own = this.#intervalOf(universe);
    const nodes = symbols.map((symbol) => bars.get(symbol) as DagNode);
    if (own === interval || own === null || interval === null) return { nodes, column };
    const family = `${universe.name}.${column}.${formatInterval(interval)}`;
    let slower = this.#slower.get(family);
    if (!slower) {
      slower = symbols.map((symbol, index) => {
        const name = memberName(family, symbol);
        const input = nodes[index] as DagNode;
        const made = resample({ name, input, interval, columns: { [column]: 'last' } });
        const node = nodeLike(made, { origin: universe.origin });
        this.#origins.set(node, { family, symbol, definition: null });
        return node;
      });
      this.#slower.set(family, slower);
      made.push(...slower);
    }
    return { nodes: slower, column };
  }

  /** As the graph will have it; null: unknown. */
  #intervalOf(node: DagNode): Seconds | null {
    if (node.interval !== undefined) return parseInterval(node.interval, `The interval of ${node.name}`);
    if (!isComputed(node)) return this.#interval;
    const [family] = node.inputs.filter((input) => this.#families.has(input));
    return node instanceof CrossNode && family
      ? this.#intervalOf(family)
      : (this.#interval ?? (node.inputs[0] ? this.#intervalOf(node.inputs[0]) : null));
  }

  #family(
    node: DagNode,
    symbols: readonly string[],
    definition: ComputedNode | null,
    make: (symbol: string, name: string) => DagNode,
  ): DagNode[] {
    const members = new Map(symbols.map((symbol) => [symbol, make(symbol, memberName(node.name, symbol))]));
    this.#families.set(node, members);
    if (isComputed(node)) this.#universes.set(node, this.#universesOf(node));
    else if (node instanceof Universe && universeSource(node).members !== null)
      this.#universes.set(node, new Set([node]));
    for (const [symbol, member] of members)
      this.#origins.set(member, { family: node.name, symbol, definition });
    return [...members.values()];
  }

  /** The symbols of the families among a node's inputs. @throws SeamlessError `strategy` if they differ */
  #symbolsOf(node: ComputedNode): readonly string[] {
    const families = node.inputs.flatMap((input) => {
      const members = this.#families.get(input);
      return members ? [{ input, symbols: [...members.keys()] }] : [];
    });
    const [first] = families;
    for (const { input, symbols } of families) {
      const same =
        symbols.length === first?.symbols.length && symbols.every((s, i) => s === first.symbols[i]);
      if (same) continue;
      throw new SeamlessError(
        'strategy',
        `Node ${node.name} has inputs with unlike symbols: ${first?.input.name ?? ''} has ${first?.symbols.join(', ') ?? ''}; ${input.name} has ${symbols.join(', ')}. Give both universes the same symbols.`,
        { node: node.name },
      );
    }
    return first?.symbols ?? [];
  }
}

/** A node of the same class with some other properties. */
function nodeLike<T extends DagNode>(
  node: T,
  changes: Partial<Pick<ComputedNode, 'name' | 'inputs' | 'origin'>>,
): T {
  return Object.assign(Object.create(Object.getPrototypeOf(node) as object) as T, node, changes);
}

function providerOf(
  provider: Universe['historyProvider'],
  options: Readonly<Record<string, unknown>>,
): Universe['historyProvider'] {
  const all = { ...provider.options, ...options };
  if (provider instanceof PresetHistory)
    return new PresetHistory({ ...provider.spec, options: { ...all, ...provider.transport } });
  return { ...provider, options: all };
}

/** Extracts one symbol's value from a section; without one, there is no row. */
function valueOfMember(section: DagNode, symbol: string, name: string): Node<number> {
  return new Node<number>({
    name,
    input: section,
    period: 1,
    indicator: { kind: 'member', params: { symbol } },
    computeFn: new KernelCompute<number>(
      (series) => {
        const { end, column } = series.of(section);
        const cells = column(symbol);
        return Float64Array.from(end, (rows) => cells[rows - 1] as number);
      },
      (series) => {
        const { end, valid } = series.of(section);
        const has = valid(symbol);
        return Uint8Array.from(end, (rows) => (has ? (has[rows - 1] as number) : 1));
      },
    ),
  });
}

/** The engine only knows members, not the family's name. @throws SeamlessError `duplicate-node` */
function refuseTwins(written: readonly DagNode[]): void {
  const names = new Set<string>();
  for (const { name } of written) {
    if (names.has(name)) {
      throw new SeamlessError(
        'duplicate-node',
        `The strategy has two nodes named ${name}: give each its own name.`,
        { node: name },
      );
    }
    names.add(name);
  }
}
