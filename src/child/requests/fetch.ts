import { randomUUID } from 'node:crypto';
import { fingerprints, type Fingerprint } from '../../engine/fingerprint/fingerprints.js';
import { resolveGraph, type GraphNode } from '../../engine/graph/graph.js';
import { within } from '../../engine/plan/ranges.js';
import type { GraphDescription, StrategyHost } from '../../engine/ports/host.js';
import { materialize } from '../../engine/run/materialize.js';
import { reportOf } from '../../engine/run/reporting/outcome.js';
import type { NodeReport, Span } from '../../engine/run/reporting/report.js';
import { holdMs } from '../../engine/sources/deadline.js';
import { missedText, serviceOutcome } from '../../engine/sources/service-level.js';
import type { Payload } from '../../protocol/payloads.js';
import type { Result } from '../../protocol/results.js';
import { SeamlessError } from '../../sdk/errors.js';
import { gridOf } from '../../sdk/time/grid.js';
import { noPreset, PresetHistory, type DataPresetSpec } from '../../sdk/providers/presets.js';
import { concatTables, emptyTable, type Table } from '../../sdk/table.js';
import type { Range } from '../../sdk/time/time.js';
import { openSourceLibrary } from '../../sources/library.js';
import { PRESETS_FILE } from '../../settings/files.js';
import { loadPresets } from '../../sources/presets/load.js';
import type { Store } from '../../store/store.js';
import { fetchCancelled, hold } from './holding.js';
import { checking, folderOf, type RequestHooks } from './request.js';
import { SourceHints } from './source-hints.js';

type UseStore = <T>(work: (store: Store) => Promise<T>) => Promise<T>;

/** Fetches a preset's bars, through the same engine as materialization. */
export async function fetchPreset(
  payload: Payload<'bars'>,
  useStore: UseStore,
  hooks: RequestHooks,
): Promise<Result<'bars'>> {
  const spec = payload.spec ?? specOf(payload.projectRoot, payload.preset);
  const range = { start: payload.start, end: payload.end };
  const level = spec.sla ?? null;
  const deadline = level?.deadline === undefined ? null : AbortSignal.timeout(level.deadline * 1000);
  const fetching = new PresetFetch(spec, payload, range, hooks, deadline);
  for (;;) {
    const result = await useStore((store) => fetching.once(store));
    const { sla } = result;
    if (!sla || sla.met || sla.miss === 'partialFill') return result;
    const over = deadline?.aborted ?? true;
    if (sla.miss === 'failFast' || over) throw missed(spec, sla.misses);
    await hold(holdMs(spec.intervalMs / 1000), hooks.signal, deadline);
  }
}

function specOf(projectRoot: string, id: string): DataPresetSpec {
  const specs = loadPresets(projectRoot);
  const found = specs.find((spec) => spec.id === id);
  if (found) return found;
  throw noPreset(
    id,
    specs.map((spec) => spec.id),
  );
}

function missed(spec: DataPresetSpec, misses: readonly string[]): SeamlessError {
  const { held } = new PresetHistory(spec);
  return new SeamlessError('source', held ? missedText(held, misses) : misses.join(' '));
}

/** A preset as a strategy with one stream. */
function describePreset(spec: DataPresetSpec): GraphDescription {
  const { kind, options, transport, pinned, interval } = new PresetHistory(spec);
  const source = { kind, options, transport, ...(pinned && { pinned }) };
  return {
    strategy: spec.id,
    storedAs: `${PRESETS_FILE}#${spec.id}`,
    interval: null,
    period: null,
    nodes: [
      {
        name: spec.id,
        kind: 'stream',
        label: kind,
        interval,
        calendar: null,
        leastHistory: 1,
        inputs: [],
        // Described as a host describes a built-in stream, so that both have one fingerprint.
        own: { hash: 'built-in' },
        source,
        location: null,
      },
    ],
  };
}

class PresetFetch {
  readonly #spec: DataPresetSpec;
  readonly #payload: Payload<'bars'>;
  readonly #range: Range;
  readonly #hooks: RequestHooks;
  readonly #deadline: AbortSignal | null;
  readonly #node: GraphNode;
  readonly #print: Fingerprint;
  readonly #host: StrategyHost;

  constructor(
    spec: DataPresetSpec,
    payload: Payload<'bars'>,
    range: Range,
    hooks: RequestHooks,
    deadline: AbortSignal | null,
  ) {
    this.#spec = spec;
    this.#payload = payload;
    this.#range = range;
    this.#hooks = hooks;
    this.#deadline = deadline;
    const description = describePreset(spec);
    const graph = resolveGraph(description);
    this.#node = graph.nodes[0] as GraphNode;
    this.#print = fingerprints(graph, randomUUID())[0] as Fingerprint;
    this.#host = {
      describe: () => Promise.resolve(description),
      compute: () => Promise.reject(new SeamlessError('internal', 'A preset has no nodes to compute.')),
    };
  }

  async once(store: Store): Promise<Result<'bars'>> {
    const asOf = Date.now() / 1000;
    const report = await this.#bringIn(store);
    const { hash: fingerprint } = this.#print;
    const spans = (await store.coverage([fingerprint])).get(fingerprint) ?? [];
    const covered = within(spans, this.#range);
    const table = await this.#read(store);
    const { sla } = this.#spec;
    const last = table.ts.at(-1) ?? null;
    const unsettled = new PresetHistory(this.#spec).held?.unsettled ?? 0;
    const late = report === null;
    const facts = { range: this.#range, asOf, bars: table.ts.length, last, unsettled, late };
    return {
      preset: this.#spec.id,
      range: [this.#range.start, this.#range.end],
      table,
      coverage: report?.coverage ?? covered.map(({ start, end }): Span => [start, end]),
      unavailable: report?.unavailable ?? [],
      notYet: report?.notYet ?? [],
      fingerprint,
      asOf,
      fetched: report?.computedRanges ?? [],
      flags: [...(report?.notes ?? [])],
      sla: sla ? serviceOutcome(sla, facts, gridOf(this.#node)) : null,
    };
  }

  /** Null if its deadline ended it. */
  async #bringIn(store: Store): Promise<NodeReport | null> {
    const { projectRoot } = this.#payload;
    const { signal } = this.#hooks;
    const both = this.#deadline ? AbortSignal.any([signal, this.#deadline]) : signal;
    const dir = folderOf(projectRoot, this.#payload);
    const hints = await SourceHints.load(dir, checking(this.#hooks));
    const sources = openSourceLibrary({ projectRoot, hints, signal: both });
    const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    try {
      const ports = { host: this.#host, store, sources, nonce: randomUUID() };
      const hooks = { progress: this.#hooks.progress, signal: both, pause };
      const outcome = await materialize(ports, this.#range, hooks);
      const report = await reportOf(outcome, 0);
      await store.publishViews();
      const [node] = report.nodes as [NodeReport];
      const { failure } = node;
      if (failure) throw new SeamlessError(failure.code as SeamlessError['code'], failure.message);
      return node;
    } catch (error) {
      if (!(error instanceof SeamlessError)) throw error;
      if (signal.aborted) throw fetchCancelled();
      if (this.#deadline?.aborted) return null;
      // Nothing of the range exists yet: the service level decides what that means.
      if (error.code === 'outside-data' && this.#spec.sla) return this.#nothing();
      throw error;
    } finally {
      sources.close();
      await hints.save();
    }
  }

  async #read(store: Store): Promise<Table> {
    const tables = await store.read([{ fingerprint: this.#print.hash, range: this.#range }]);
    const found = tables.filter(({ ts }) => ts.length > 0);
    return found.length === 0 ? emptyTable() : concatTables(found);
  }

  #nothing(): NodeReport {
    const { name, interval } = this.#node;
    const { start, end } = this.#range;
    return {
      name,
      kind: 'stream',
      label: this.#spec.provider,
      state: 'partial',
      interval,
      rows: 0,
      columns: [],
      coverage: [],
      computedRanges: [],
      reusedRanges: [],
      unavailable: [],
      notYet: [[start, end]],
      unfired: null,
      reason: 'No bar of the range is there yet.',
      failure: null,
    };
  }
}
