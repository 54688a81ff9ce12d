import type { OwnCode, Part } from '../../engine/ports/host.js';
import { textDigest } from '../../engine/fingerprint/digest.js';
import { canonicalJson } from '../../engine/fingerprint/fingerprints.js';
import type { SourceLocation } from '../../sdk/errors.js';
import type { DagNode } from '../../sdk/dag-node.js';
import { Node, StreamInput } from '../../sdk/node.js';
import type { HistoryProvider } from '../../sdk/providers/providers.js';
import type { Strategy } from '../../sdk/strategy.js';
import type { CaptureGuard, ComputedNode } from './compute/computation.js';
import type { FunctionPlace } from './fingerprint/inspection.js';
import type { CodeHasher, GuardsSince, OwnCodeDetail } from './fingerprint/own-code.js';
import { describeParts, optionParts } from './fingerprint/own-parts.js';
import { BAR, formOf, functionsOf, isComputed, isCustom } from './node-facts.js';
import type { Spread } from './universe/spread.js';

export interface NodeCodesOptions {
  readonly strategy: Strategy;
  readonly hasher: CodeHasher;
  /** The author's file for a position in the loaded module. */
  readonly fileOf: (place: FunctionPlace) => string | null;
  /** The author's position for one in the loaded module. */
  readonly original: (place: FunctionPlace) => SourceLocation | null;
}

/** What the host knows about a node's code. */
interface NodeCode {
  readonly own: OwnCode;
  /** For each of its functions; see `OwnCodeDetail`. */
  readonly names: readonly number[];
  /** Its windows must be copies. */
  readonly copies: boolean;
}

/** The code of a strategy's nodes: its hashes, and whether captured values are unchanged. */
export class NodeCodes {
  readonly #options: NodeCodesOptions;
  readonly #spread: Spread;
  readonly #codes: readonly NodeCode[];
  /** All members of a family have the same code. */
  readonly #guards = new Map<DagNode, CaptureGuard>();
  readonly #since: GuardsSince;

  constructor(options: NodeCodesOptions, spread: Spread) {
    this.#options = options;
    this.#spread = spread;
    // Hashed at once, while no strategy code runs: a snapshot after setup().
    const definitions = new Set(spread.nodes.map((node) => spread.definitionOf(node)));
    const fns = new Set([...definitions].flatMap((node) => (isComputed(node) ? functionsOf(node) : [])));
    this.#codes = options.hasher.withReadAhead([...fns], () => this.#codesOf(spread.nodes));
    // From the same moment: rows must not be stored under a hash that another node or a provider has invalidated.
    this.#since = options.hasher.guardsSinceNow();
  }

  /** The node at a position. */
  of(index: number): NodeCode {
    return this.#codes[index] as NodeCode;
  }

  /** All members of a family have the same code, whatever their symbol. */
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

  /** What several functions share, and changed built-ins if they share nothing. */
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
      // Most nodes have a single function.
      hash:
        form === BAR && !indicator
          ? only
          : textDigest([...hashes, ...together, form, canonicalJson(indicator ?? null), ...members]),
      // A built-in indicator's code is Seamless's own, and its period is its window's.
      parts: () =>
        indicator
          ? optionParts({ indicator: indicator.kind, ...indicator.params, period: undefined })
          : [...optionParts({ form, ...symbols }), ...codes.flatMap((code) => this.#parts(code))],
    };
  }

  #parts(code: OwnCodeDetail): Part[] {
    return describeParts(code.parts(), this.#options.fileOf);
  }

  /** For a custom provider, every function that is called. */
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

  /** Makes guards at once of those nodes whose guards cannot be made at the first computation. */
  watchNow(nodes: readonly DagNode[]): void {
    const seen = new Set<DagNode>();
    for (const [index, node] of nodes.entries()) {
      const definition = this.#spread.definitionOf(node);
      if (!isComputed(node) || seen.has(definition)) continue;
      seen.add(definition);
      const { names } = this.#codes[index] as NodeCode;
      if (functionsOf(node).every((fn, at) => this.#since.covers(fn, names[at] ?? 0))) continue;
      this.#guards.set(definition, this.#makeGuard(node, names, this.#options.hasher));
    }
  }

  guardOf(index: number, node: ComputedNode): CaptureGuard {
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
