import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import { canonicalJson } from '../../engine/fingerprint/fingerprints.js';
import type {
  Awaitable,
  ComputeRequest,
  ComputeResult,
  EdgeDescription,
  FiringProgress,
  GraphDescription,
  NodeDescription,
  NodeFailure,
  OwnCode,
  Part,
  StrategyHost,
} from '../../engine/ports/host.js';
import { textDigest } from '../../engine/fingerprint/digest.js';
import { SeamlessError, type SourceLocation } from '../../sdk/errors.js';
import type { DagNode } from '../../sdk/dag-node.js';
import { Node, StreamInput } from '../../sdk/node.js';
import { ScanNode } from '../../sdk/scan-node.js';
import { PresetHistory } from '../../sdk/presets.js';
import type { HistoryProvider } from '../../sdk/providers.js';
import type { Strategy } from '../../sdk/strategy.js';
import { CrossNode } from '../../sdk/universe/cross-node.js';
import { parseInterval, type Seconds } from '../../sdk/time.js';
import { customReader } from '../../sources/custom.js';
import type { FunctionPlace } from './fingerprint/inspection.js';
import { describeParts, optionParts } from './fingerprint/own-parts.js';
import type { CodeHasher, GuardsSince, OwnCodeDetail } from './fingerprint/own-code.js';
import type { CaptureGuard, ComputeContext, ComputedNode, NodeComputation } from './compute/computation.js';
import { computeNode } from './compute/compute.js';
import { computeTogether } from './compute/together.js';
import type { ComputeOnlyContext } from './sandbox/context.js';
import type { Wall } from './wall/wall.js';
import { DescribedNode } from './compute/described-node.js';
import { Spread, type MemberTrade } from './universe/spread.js';
import {
  BAR,
  formOf,
  functionsOf,
  intervalOf,
  isComputed,
  isCustom,
  presetInterval,
  sourceOf,
  withInputs,
} from './node-facts.js';

export interface TypeScriptHostOptions {
  readonly strategy: Strategy;
  readonly className: string;
  /** The symbols of universes that do not list them, by name. Default: there are none. */
  readonly found?: ReadonlyMap<string, readonly string[]>;
  readonly hasher: CodeHasher;
  readonly context: ComputeContext;
  /** Default: the strategy is trusted with built-in objects. */
  readonly wall?: Pick<Wall, 'meddling' | 'meddlingSince' | 'undo' | 'afterword'>;
  /** The author's file that a place in the loaded module comes from, as they call it. */
  readonly fileOf: (place: FunctionPlace) => string | null;
  /** Where in the author's files an error came about. */
  readonly locate: (error: Error) => SourceLocation | null;
  /** Where in the author's files a place in the loaded module comes from. */
  readonly original: (place: FunctionPlace) => SourceLocation | null;
  /** A file as its author calls it. */
  readonly nameFile: (file: string) => string;
}

/** What is told of requests that are computed together, by their positions. */
export interface ComputeHooks {
  readonly computed: (at: number, result: ComputeResult) => void;
  readonly progress: (at: number, done: number) => void;
}

/** Describes and computes the nodes of a strategy that this process has loaded. */
export class TypeScriptHost implements StrategyHost {
  readonly #options: TypeScriptHostOptions;
  readonly #spread: Spread;
  readonly #nodes: readonly DagNode[];
  readonly #trades: readonly MemberTrade[];
  readonly #codes: readonly NodeCode[];
  /** The members of a family have one: they have one code. */
  readonly #guards = new Map<DagNode, CaptureGuard>();
  readonly #since: GuardsSince;
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
    // Taken at once, while nothing of the strategy runs: a snapshot after setup().
    const fns = new Set(this.#nodes.flatMap((node) => (isComputed(node) ? functionsOf(node) : [])));
    this.#codes = options.hasher.withReadAhead([...fns], () => this.#codesOf(this.#nodes));
    // From the same moment: what one node or a provider changes, another's rows must not be stored under.
    this.#since = options.hasher.guardsSinceNow();
    for (const [index, node] of this.#nodes.entries()) {
      if (isComputed(node)) this.#watchNow(index, node);
      Object.freeze(node);
    }
    for (const node of this.#spread.definitions) Object.freeze(node);
  }

  describe(): Promise<GraphDescription> {
    const { strategy, className } = this.#options;
    const positions = new Map(this.#nodes.map((node, index) => [node, index]));
    return Promise.resolve({
      strategy: className,
      nodes: this.#nodes.map((node, index) => this.#describeNode(node, index, positions)),
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
    const computations = requests.map((request, at) =>
      this.#computationOf(request, (done) => progress(at, done), signal),
    );
    await computeTogether(computations, (at, result) => computed(at, this.#told(result)));
  }

  #computationOf(
    request: ComputeRequest,
    progress: FiringProgress,
    signal: Pick<AbortSignal, 'aborted'>,
  ): NodeComputation {
    const node = this.#nodes[request.node];
    if (!node || !isComputed(node))
      throw new SeamlessError('internal', `Node ${request.node} is not a computed node.`);
    const { own, copies } = this.#codes[request.node] as NodeCode;
    const { context, locate } = this.#options;
    if (this.hasAuthorCode(request.node)) this.#atWork.add(node.name);
    return {
      node,
      definition: this.#spread.definitionOf(node),
      request,
      positions: this.#spread.positionsOf(node),
      context,
      cross: this.#spread.sectionOf(node),
      seed: own.hash ?? node.name,
      guard: this.#guardOf(request.node, node),
      unseen: own.hash === undefined ? own.unhashable : undefined,
      copies,
      locate: (error) => (error instanceof Error ? locate(error) : null),
      progress,
      signal,
    };
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
  settleSlot(): string | null {
    return this.#settled(this.#options.wall?.meddlingSince() ?? null);
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
    return node instanceof Node && functionsOf(node).length > 0;
  }

  /** Where each node was made, as an error that has the stack. */
  get origins(): readonly Error[] {
    return this.#nodes.map(({ origin }) => origin);
  }

  /** What the hash of a node is made of. */
  partsOf(index: number): Awaitable<readonly Part[]> {
    const own = this.#codes[index]?.own;
    return (own?.hash === undefined ? null : own.parts?.()) ?? [];
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

  #describeNode(node: DagNode, index: number, positions: ReadonlyMap<DagNode, number>): NodeDescription {
    const interval = intervalOf(node) ?? presetInterval(node, this.#options.strategy);
    const { name, anchor = null } = node;
    const calendar = node.calendar === undefined ? null : JSON.stringify(node.calendar);
    const { own } = this.#codes[index] as NodeCode;
    const locate = (): SourceLocation | null => this.#options.locate(node.origin);
    const member = this.#spread.memberOf(node);
    if (node instanceof StreamInput) {
      this.#checkPreset(node, interval);
      const source = sourceOf(node.historyProvider);
      const { kind: label } = node.historyProvider;
      const leastHistory = node.period;
      return new DescribedNode(
        {
          name,
          interval,
          calendar,
          anchor,
          own,
          kind: 'stream',
          scan: false,
          label,
          leastHistory,
          inputs: [],
          source,
          member,
        },
        locate,
      );
    }
    if (!isComputed(node)) {
      throw new SeamlessError(
        'strategy',
        `${node.name} is neither a StreamInput nor a Node nor a ScanNode.`,
        {
          node: node.name,
        },
      );
    }
    const indicator = node instanceof Node ? node.indicator : undefined;
    const inSlot = ['resample', 'barsOf'].includes(indicator?.kind ?? '');
    const inputs = this.#spread.inputsOf(node).map((input, position): EdgeDescription => {
      const length = (typeof node.period === 'object' ? node.period[position] : node.period) ?? null;
      const at = positions.get(input) as number;
      if (this.#spread.gathers(node, input)) return { node: at, period: 1, gather: true };
      if (typeof length !== 'string') return { node: at, period: length };
      const span = parseInterval(length, `The period of ${name}`);
      return { node: at, period: null, span, ...(inSlot && { slot: true }) };
    });
    const scan = node instanceof ScanNode;
    const label = scan ? 'scan' : node instanceof CrossNode ? 'cross' : (indicator?.kind ?? 'node');
    return new DescribedNode(
      {
        name,
        interval,
        calendar,
        anchor,
        own,
        kind: 'node',
        scan,
        label,
        leastHistory: 1,
        inputs,
        source: null,
        member,
      },
      locate,
    );
  }

  #checkPreset(node: StreamInput<unknown>, interval: Seconds | null): void {
    const { strategy } = this.#options;
    const own = interval ?? (strategy.interval === undefined ? null : parseInterval(strategy.interval));
    if (node.historyProvider instanceof PresetHistory && own !== null) {
      node.historyProvider.checkInterval(node.name, own);
    }
  }

  /** The members of a family have one code, whatever symbol they are of. */
  #codesOf(nodes: readonly DagNode[]): NodeCode[] {
    const known = new Map<DagNode, NodeCode>();
    return nodes.map((node) => {
      const definition = this.#spread.definitionOf(node);
      if (definition === node) return this.#codeOf(node);
      const code = known.get(definition) ?? this.#codeOf(node);
      known.set(definition, code);
      return code;
    });
  }

  #codeOf(node: DagNode): NodeCode {
    if (isComputed(node)) {
      const inputs = this.#spread.positionsOf(node);
      const codes = functionsOf(node).map((fn) => this.#hash(fn, node, inputs));
      return {
        own: this.#ownOfNode(node, codes, this.#together(functionsOf(node), node, inputs)),
        names: codes.map(({ names }) => names),
        copies: codes.some(({ looksBeyondViews }) => looksBeyondViews),
      };
    }
    const own =
      node instanceof StreamInput ? this.#ownOfStream(node) : { unhashable: 'it is of no known kind' };
    return { own, names: [], copies: false };
  }

  /** What several functions share with one another, and what changed in built-in objects where there is none. */
  #together(
    fns: readonly object[],
    node: DagNode,
    inputs: ReadonlyMap<DagNode, number>,
    receiver?: HistoryProvider,
  ): string[] {
    if (fns.length === 1) return [];
    const { hasher, strategy } = this.#options;
    return [hasher.together(fns, { inputs, thisValue: strategy, receiver, describe: node.name })];
  }

  #ownOfNode(node: ComputedNode, codes: readonly OwnCodeDetail[], together: readonly string[]): OwnCode {
    const unhashable = codes.find(({ hash }) => hash === undefined)?.unhashable;
    if (unhashable !== undefined) return { unhashable };
    const form = formOf(node);
    const indicator = node instanceof Node ? node.indicator : undefined;
    const hashes = codes.map(({ hash }) => hash ?? '');
    const [only = ''] = hashes;
    const section = this.#spread.sectionOf(node);
    const symbols = section && {
      symbols: section.symbols,
      gives: section.each ? 'each' : 'one',
      ...(section.memberships.length > 0 && { members: section.memberships.map(({ column }) => column) }),
    };
    const members = section ? [canonicalJson([symbols, section.families.size, section.singles.size])] : [];
    return {
      // Of most nodes the code is the one function that computes a bar.
      hash:
        form === BAR && !indicator
          ? only
          : textDigest([...hashes, ...together, form, canonicalJson(indicator ?? null), ...members]),
      // The code of a built-in indicator is Seamless's own, and its period that of its window.
      parts: () =>
        indicator
          ? optionParts({ indicator: indicator.kind, ...indicator.params, period: undefined })
          : [...optionParts({ form, ...symbols }), ...codes.flatMap((code) => this.#parts(code))],
    };
  }

  #parts(code: OwnCodeDetail): Part[] {
    return describeParts(code.parts(), this.#options.fileOf);
  }

  /** Of a provider of the author's own, all that is called. */
  #ownOfStream(stream: StreamInput<unknown>): OwnCode {
    const provider = stream.historyProvider;
    if (!isCustom(provider)) return { hash: 'built-in' };
    const hashes: string[] = [];
    const codes: OwnCodeDetail[] = [];
    const fns: object[] = [];
    for (const part of ['fetch', 'version', 'bounds'] as const) {
      const fn = provider[part];
      if (typeof fn !== 'function') continue;
      const code = this.#hash(fn, stream, new Map(), provider);
      if (code.hash === undefined) return { unhashable: code.unhashable };
      hashes.push(part, code.hash);
      codes.push(code);
      fns.push(fn);
    }
    hashes.push(...this.#together(fns, stream, new Map(), provider));
    return { hash: textDigest(hashes), parts: () => codes.flatMap((code) => this.#parts(code)) };
  }

  #hash(
    fn: object,
    node: DagNode,
    inputs: ReadonlyMap<DagNode, number>,
    receiver?: HistoryProvider,
  ): OwnCodeDetail {
    const { hasher, strategy } = this.#options;
    const { name } = this.#spread.definitionOf(node);
    return hasher.ownCode(fn, { inputs, thisValue: strategy, receiver, describe: name });
  }

  /** Makes the guard of a node at once, where it could not be made when the node is first computed. */
  #watchNow(index: number, node: ComputedNode): void {
    const { names } = this.#codes[index] as NodeCode;
    const covered = functionsOf(node).every((fn, at) => this.#since.covers(fn, names[at] ?? 0));
    const definition = this.#spread.definitionOf(node);
    if (!covered && !this.#guards.has(definition))
      this.#guards.set(definition, this.#makeGuard(node, names, this.#options.hasher));
  }

  #guardOf(index: number, node: ComputedNode): CaptureGuard {
    const definition = this.#spread.definitionOf(node);
    let guard = this.#guards.get(definition);
    if (!guard) {
      guard = this.#makeGuard(node, (this.#codes[index] as NodeCode).names, this.#since);
      this.#guards.set(definition, guard);
    }
    return guard;
  }

  #makeGuard(node: ComputedNode, names: readonly number[], from: Pick<GuardsSince, 'guard'>): CaptureGuard {
    const { hasher, strategy, original } = this.#options;
    const { name: describe } = this.#spread.definitionOf(node);
    const request = { inputs: this.#spread.positionsOf(node), thisValue: strategy, describe };
    const guards = functionsOf(node).map((fn, index) => from.guard(fn, request, names[index] ?? 0));
    return {
      changed() {
        for (const guard of guards) {
          const change = guard.changed();
          if (!change) continue;
          const place = hasher.placeOf(change);
          return { variable: change.variable, location: place && original(place) };
        }
        return null;
      },
    };
  }
}

/** What the host knows of a node's code. */
interface NodeCode {
  readonly own: OwnCode;
  /** Of each of its functions; see `OwnCodeDetail`. */
  readonly names: readonly number[];
  /** Its windows are to be copies. */
  readonly copies: boolean;
}
