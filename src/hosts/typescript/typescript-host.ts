import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import type {
  Awaitable,
  ComputeHooks,
  ComputeRequest,
  ComputeResult,
  EdgeDescription,
  FiringProgress,
  GraphDescription,
  NodeDescription,
  NodeFailure,
  Part,
  StrategyHost,
} from '../../engine/ports/host.js';
import { SeamlessError, type SourceLocation } from '../../sdk/errors.js';
import type { DagNode } from '../../sdk/dag-node.js';
import { Node, StreamInput } from '../../sdk/node.js';
import { ScanNode } from '../../sdk/scan-node.js';
import { PresetHistory } from '../../sdk/providers/presets.js';
import { CrossNode } from '../../sdk/universe/cross-node.js';
import { parseInterval, type Seconds } from '../../sdk/time/time.js';
import { customReader } from '../../sources/custom.js';
import { addTo } from '../../sdk/lists.js';
import type { ComputeContext, NodeComputation, ComputedNode } from './compute/computation.js';
import { computeNode } from './compute/compute.js';
import { computeTogether } from './compute/together.js';
import type { ComputeOnlyContext } from './sandbox/context.js';
import type { Wall } from './wall/wall.js';
import { describedNode, type SharedParts } from './compute/described-node.js';
import { NodeCodes, type NodeCodesOptions } from './node-codes.js';
import { Spread, type MemberTrade } from './universe/spread.js';
import {
  intervalOf,
  isBuiltIn,
  isComputed,
  isCustom,
  presetInterval,
  sourceOf,
  withInputs,
} from './node-facts.js';

interface TypeScriptHostOptions extends NodeCodesOptions {
  readonly className: string;
  /** The symbols of universes that do not list them, by name. Default: there are none. */
  readonly found?: ReadonlyMap<string, readonly string[]>;
  readonly context: ComputeContext;
  /** Default: the strategy is trusted with built-in objects. */
  readonly wall?: Pick<Wall, 'meddling' | 'meddlingSince' | 'undo' | 'afterword'>;
  /** Where in the author's files an error came about. */
  readonly locate: (error: Error) => SourceLocation | null;
  /** A file as its author calls it. */
  readonly nameFile: (file: string) => string;
}

/** What all computations of a node have in common. */
interface KnownNode extends Required<Omit<NodeComputation, 'request' | 'progress' | 'signal'>> {
  readonly authored: boolean;
}

/** What a computed node shares with the members of its family. */
interface MemberFacts {
  readonly common: SharedParts;
  readonly windows: readonly Window[];
}

type Window = Omit<EdgeDescription, 'node'>;

/** Most windows are a period, and spreading ten thousand takes long. */
function edgeOf(node: number, window: Window): EdgeDescription {
  const { period, span, gather } = window;
  return span === undefined && !gather ? { node, period } : { ...window, node };
}

/** Describes and computes the nodes of a strategy that this process has loaded. */
export class TypeScriptHost implements StrategyHost {
  readonly #options: TypeScriptHostOptions;
  readonly #spread: Spread;
  readonly #nodes: readonly DagNode[];
  readonly #trades: readonly MemberTrade[];
  readonly #codes: NodeCodes;
  /** The first node with each code, by its hash. */
  readonly #alike = new Map<string, DagNode>();
  /** By position, once it was computed. */
  readonly #known: KnownNode[] = [];
  /** Nodes with code of the author's that were computed since it was last settled. */
  readonly #atWork = new Set<string>();

  constructor(options: TypeScriptHostOptions) {
    this.#options = options;
    const { strategy } = options;
    const traded = strategy.trades().flatMap(({ decision, price }) => [decision, price]);
    const interval = strategy.interval === undefined ? null : parseInterval(strategy.interval);
    const written = withInputs([...strategy.nodes(), ...traded]);
    this.#spread = new Spread(written, options.found ?? new Map(), interval);
    this.#nodes = this.#spread.nodes;
    this.#trades = strategy.trades().flatMap((rule) => this.#spread.tradesOf(rule));
    this.#codes = new NodeCodes(options, this.#spread);
    this.#codes.watchNow(this.#nodes);
    for (const node of this.#nodes) Object.freeze(node);
    for (const node of this.#spread.definitions) Object.freeze(node);
  }

  describe(): Promise<GraphDescription> {
    const { strategy, className } = this.#options;
    const positions = new Map(this.#nodes.map((node, index) => [node, index]));
    const families = new Map<DagNode, MemberFacts>();
    return Promise.resolve({
      strategy: className,
      nodes: this.#nodes.map((node, index) => this.#describeNode(node, index, positions, families)),
      interval:
        strategy.interval === undefined
          ? null
          : parseInterval(strategy.interval, `The interval of ${className}`),
      period: strategy.period ?? null,
      trades: this.#trades.map(({ decision, price, section }) => ({
        decision: positions.get(decision) as number,
        price: positions.get(price) as number,
        ...(section && { section: positions.get(section) as number }),
      })),
    });
  }

  async compute(
    request: ComputeRequest,
    progress: FiringProgress,
    signal: Pick<AbortSignal, 'aborted'>,
  ): Promise<ComputeResult> {
    return this.#told(await computeNode(this.#computationOf(request, progress, signal)));
  }

  /** Computes nodes none of which reads another's rows. */
  async computeAll(
    requests: readonly ComputeRequest[],
    { computed, progress }: ComputeHooks,
    signal: Pick<AbortSignal, 'aborted'>,
  ): Promise<void> {
    const order = this.#alikeInARow(requests);
    await computeTogether(
      requests.length,
      (turn) => {
        const at = order[turn] as number;
        return this.#computationOf(requests[at] as ComputeRequest, (done) => progress(at, done), signal);
      },
      (turn, result) => computed(order[turn] as number, this.#told(result)),
    );
  }

  /** Positions of requests; those of nodes with the same code follow each other. */
  #alikeInARow(requests: readonly ComputeRequest[]): readonly number[] {
    const byCode = new Map<object, number[]>();
    for (const [at, { node }] of requests.entries()) addTo(byCode, this.#knownOf(node).definition, at);
    return [...byCode.values()].flat();
  }

  #computationOf(
    request: ComputeRequest,
    progress: FiringProgress,
    signal: Pick<AbortSignal, 'aborted'>,
  ): NodeComputation {
    const known = this.#knownOf(request.node);
    const { node, definition, positions, context, cross, seed, guard, unseen, copies, kept, locate } = known;
    if (known.authored) this.#atWork.add(node.name);
    // Written out, as V8 copies an object of unknown shape slowly.
    return {
      node,
      definition,
      request,
      positions,
      context,
      cross,
      seed,
      guard,
      unseen,
      copies,
      kept,
      locate,
      progress,
      signal,
    };
  }

  #knownOf(index: number): KnownNode {
    return (this.#known[index] ??= this.#lookedUp(index));
  }

  #lookedUp(index: number): KnownNode {
    const node = this.#nodes[index];
    if (!node || !isComputed(node))
      throw new SeamlessError('internal', `Node ${index} is not a computed node.`);
    const { own, copies } = this.#codes.of(index);
    const { context, locate } = this.#options;
    return {
      node,
      definition: this.#definitionOf(node, own.hash),
      positions: this.#spread.viewedBy(node),
      context,
      cross: this.#spread.sectionOf(node),
      seed: own.hash ?? node.name,
      guard: this.#codes.guardOf(index, node),
      unseen: own.hash === undefined ? own.unhashable : undefined,
      copies,
      kept: { of: null, named: [], series: new Map() },
      locate: (error) => (error instanceof Error ? locate(error) : null),
      authored: this.hasAuthorCode(index),
    };
  }

  /** See `NodeComputation.definition`. */
  #definitionOf(node: DagNode, hash: string | undefined): DagNode {
    const definition = this.#spread.definitionOf(node);
    if (definition !== node || hash === undefined) return definition;
    const first = this.#alike.get(hash) ?? node;
    this.#alike.set(hash, first);
    return first;
  }

  #told(result: ComputeResult): ComputeResult {
    const { failure } = result;
    return failure ? { ...result, failure: { ...failure, message: this.#readable(failure) } } : result;
  }

  /** What was done to built-in objects since it was last asked, a sentence; null: nothing. */
  settle(): string | null {
    return this.#settled(this.#options.wall?.meddling('all') ?? null);
  }

  /** The same for a slot of the Core Loop, of what matters to most code. From the first time on, nodes are not looked after one by one. */
  settleSlot(how: 'look' | 'glance'): string | null {
    const name = this.#options.wall?.meddlingSince(how) ?? null;
    // What a glance overlooks the next look finds, and may be the doing of any node until then.
    return name === null && how === 'glance' ? null : this.#settled(name);
  }

  #settled(name: string | null): string | null {
    const { wall, className } = this.#options;
    wall?.undo();
    const nodes = [...this.#atWork];
    this.#atWork.clear();
    if (name === null) return null;
    const who =
      nodes.length > 1 ? `One of the nodes ${nodes.join(', ')}` : `Node ${nodes[0] ?? 'of the strategy'}`;
    return `${className}: ${who} changed ${name}, which is built in and belongs to all nodes, so nothing of this chunk was kept. Change it at the top of the module, where it counts in the fingerprint of every node, or write a function of your own.`;
  }

  /** The sentence may be read far from the report it belongs to, in a log or a list of problems. */
  #readable({ message, location }: NodeFailure): string {
    const { className, nameFile, wall } = this.#options;
    const shown = location ? message.replace(`(${location.file}:`, `(${nameFile(location.file)}:`) : message;
    return `${className}: ${shown}${wall?.afterword ?? ''}`;
  }

  /** Whether a node is computed by a function of the author's, in either form. */
  hasAuthorCode(index: number): boolean {
    const node = this.#nodes[index];
    if (node instanceof ScanNode || node instanceof CrossNode) return true;
    return node instanceof Node && !isBuiltIn(node);
  }

  /** Where each node was made, as an error that has the stack. */
  get origins(): readonly Error[] {
    return this.#nodes.map(({ origin }) => origin);
  }

  /** What the hash of a node is made of. */
  partsOf(index: number): Awaitable<readonly Part[]> {
    const { own } = this.#codes.of(index);
    return (own.hash === undefined ? null : own.parts?.()) ?? [];
  }

  /** Reads a stream by the author's own provider, which runs in the one zone that may reach outside. */
  openSource(stream: OpenStream, { provider: run }: Pick<ComputeOnlyContext, 'provider'>): SourceReader {
    const at = stream.node;
    const node = this.#nodes[stream.node];
    const provider = node instanceof StreamInput ? node.historyProvider : null;
    if (!provider || !isCustom(provider))
      throw new SeamlessError('internal', `${stream.name} has no provider of its own.`);
    const { fetch, version, bounds } = provider;
    return customReader(
      {
        kind: provider.kind,
        options: provider.options,
        fetch: (request) => run(() => fetch.call(provider, request), at),
        ...(version && { version: () => run(() => version.call(provider), at) }),
        ...(bounds && { bounds: () => run(() => bounds.call(provider), at) }),
      },
      stream,
    );
  }

  #describeNode(
    node: DagNode,
    index: number,
    positions: ReadonlyMap<DagNode, number>,
    families: Map<DagNode, MemberFacts>,
  ): NodeDescription {
    const { name } = node;
    const locate = (): SourceLocation | null => this.#options.locate(node.origin);
    const member = this.#spread.memberOf(node);
    if (node instanceof StreamInput)
      return describedNode(this.#streamFacts(node, index), { name, inputs: [], member }, locate);
    if (!isComputed(node)) {
      const text = `${name} is neither a StreamInput nor a Node nor a ScanNode.`;
      throw new SeamlessError('strategy', text, { node: name });
    }
    const definition = this.#spread.definitionOf(node);
    let facts = definition === node ? undefined : families.get(definition);
    if (!facts) {
      facts = this.#memberFacts(node, index);
      families.set(definition, facts);
    }
    const { common, windows } = facts;
    const inputs = this.#spread.inputsOf(node).map((input, at) => {
      const window = windows[at] as Window;
      return edgeOf(positions.get(input) as number, window);
    });
    return describedNode(common, { name, inputs, member }, locate);
  }

  #streamFacts(node: StreamInput<unknown>, index: number): SharedParts {
    const interval = intervalOf(node) ?? presetInterval(node, this.#options.strategy);
    this.#checkPreset(node, interval);
    return {
      ...this.#ownFacts(node, index, interval),
      kind: 'stream',
      scan: false,
      label: node.historyProvider.kind,
      leastHistory: node.period,
      source: sourceOf(node.historyProvider),
    };
  }

  #ownFacts(node: DagNode, index: number, interval: Seconds | null) {
    const { own } = this.#codes.of(index);
    const { anchor = null } = node;
    const calendar = node.calendar === undefined ? null : JSON.stringify(node.calendar);
    return { interval, calendar, anchor, own };
  }

  #memberFacts(node: ComputedNode, index: number): MemberFacts {
    const scan = node instanceof ScanNode;
    const label = scan
      ? 'scan'
      : node instanceof CrossNode
        ? 'cross'
        : ((node instanceof Node ? node.indicator?.kind : undefined) ?? 'node');
    const own = this.#ownFacts(node, index, intervalOf(node));
    return {
      common: { ...own, kind: 'node', scan, label, leastHistory: 1, source: null },
      windows: this.#windowsOf(node),
    };
  }

  #windowsOf(node: ComputedNode): MemberFacts['windows'] {
    const indicator = node instanceof Node ? node.indicator : undefined;
    const inSlot = ['resample', 'barsOf'].includes(indicator?.kind ?? '');
    return this.#spread.inputsOf(node).map((input, position) => {
      const length = (typeof node.period === 'object' ? node.period[position] : node.period) ?? null;
      if (this.#spread.gathers(node, input)) return { period: 1, gather: true };
      if (typeof length !== 'string') return { period: length };
      const span = parseInterval(length, `The period of ${node.name}`);
      return { period: null, span, ...(inSlot && { slot: true }) };
    });
  }

  #checkPreset(node: StreamInput<unknown>, interval: Seconds | null): void {
    const { strategy } = this.#options;
    const own = interval ?? (strategy.interval === undefined ? null : parseInterval(strategy.interval));
    if (node.historyProvider instanceof PresetHistory && own !== null) {
      node.historyProvider.checkInterval(node.name, own);
    }
  }
}
