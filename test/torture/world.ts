import { rmSync } from 'node:fs';
import { tableDigest } from '../../src/engine/fingerprint/digest.js';
import { union, type RangeSet } from '../../src/engine/plan/ranges.js';
import { lowerBound, type Table } from '../../src/sdk/table.js';
import type { Range } from '../../src/sdk/time/time.js';
import { openStore } from '../../src/store/store.js';
import { ALL_TIME } from '../store/support.js';
import { closeOf, CSV_HEADER, csvLines, minute, Project, withChild } from '../support/project.js';

/** Bars of the made-up source: three chunks, and more log than DuckDB keeps without a checkpoint. */
const BARS = 20_000;
export const RANGE: Range = { start: minute(0), end: minute(BARS) };
export const STRATEGY = 'Main';
/** The node that is read, not computed. */
export const STREAM = 'price';
const NODES = [STREAM, 'mean', 'scaled', 'up', 'runs', 'both'] as const;

/** Edits of the strategy, by the factor in a helper of one node. */
export const VARIANTS = [2, 3] as const;
export type Variant = (typeof VARIANTS)[number];
/** What its source may hold: as it was at first, or with a corrected bar. */
export const SOURCES = ['first', 'corrected'] as const;
export type Source = (typeof SOURCES)[number];

/** The scale does not change when `scaled` rises: what depends on `up` is reused. */
function strategy(factor: Variant): string {
  return `
import { csvHistory, Node, sma, Strategy, StreamInput } from 'seamless-dag';
const scale = (value: number): number => value * ${factor};
export class ${STRATEGY} extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const mean = sma({ name: 'mean', input: price, column: 'close', period: 8 });
    const scaled = new Node({ name: 'scaled', input: mean, period: 1, computeFn: (view) => scale(view.latest(mean)) });
    const up = new Node({ name: 'up', input: scaled, period: 2, computeFn: (view) => {
      const [before, now] = view.window(scaled).column();
      return now > before;
    } });
    const runs = new Node({ name: 'runs', input: up, period: 5,
      computeFn: (view) => view.window(up).values('value').filter((rose) => rose === true).length });
    const both = new Node({ name: 'both', input: [price, scaled], period: 3,
      computeFn: (view) => ({ product: view.latest(price).close * view.latest(scaled), rises: view.window(scaled).column()[0] < 0 }) });
    this.addNodes([price, mean, scaled, up, runs, both]);
  }
}
`;
}

function bars(source: Source): string {
  const wrong = Math.floor(BARS * 0.6);
  const close = (index: number): number => (source === 'corrected' && index === wrong ? 7 : closeOf(index));
  return CSV_HEADER + csvLines(0, BARS, close);
}

/** The rows of one edit of the strategy over one source, computed in an empty cache by a process that nobody disturbed. */
interface Cold {
  readonly fingerprints: ReadonlyMap<string, string>;
  /** By fingerprint. */
  readonly tables: ReadonlyMap<string, Table>;
}

/** A small strategy project, and what every one of its nodes has to hold. */
export class World {
  readonly project = new Project({});
  readonly #colds = new Map<string, Cold>();
  #used: { readonly source: Source; readonly variant: Variant } | null = null;

  use(source: Source, variant: Variant): void {
    if (this.#used?.source !== source) this.project.write({ 'bars.csv': bars(source) });
    if (this.#used?.variant !== variant) this.project.write({ 'main.ts': strategy(variant) });
    this.#used = { source, variant };
  }

  get source(): Source {
    return this.#used?.source ?? SOURCES[0];
  }

  get variant(): Variant {
    return this.#used?.variant ?? VARIANTS[0];
  }

  /** What every variant comes to over what the source may hold. */
  async measureCold(sources: readonly Source[] = SOURCES): Promise<void> {
    const cacheDir = this.project.path('cold');
    await withChild(async (child) => {
      for (const source of sources) {
        for (const variant of VARIANTS) {
          this.use(source, variant);
          const { coverageBounds } = await child.materialize(this.project, { ...RANGE, cacheDir });
          if (coverageBounds?.[1] !== RANGE.end) throw new Error('The cold run is not complete.');
          this.#colds.set(`${source} ${variant}`, await heldBy(cacheDir));
          rmSync(cacheDir, { recursive: true });
        }
      }
    });
  }

  cold(source: Source, variant: Variant): Cold {
    return this.#colds.get(`${source} ${variant}`) as Cold;
  }

  /** All that a fingerprint may hold, given which contents its source has had. */
  allowed(fingerprint: string, sources: ReadonlySet<Source>): Table[] {
    return [...sources].flatMap((source) =>
      VARIANTS.flatMap((variant) => this.cold(source, variant).tables.get(fingerprint) ?? []),
    );
  }

  readonly #digests = new Map<Table, Map<string, string>>();

  /** Of rows `[from, to)` of a cold table, which are asked for again and again. */
  digest(cold: Table, from: number, to: number): string {
    const known = this.#digests.get(cold) ?? new Map<string, string>();
    this.#digests.set(cold, known);
    const digest = known.get(`${from} ${to}`) ?? tableDigest(cold, from, to);
    known.set(`${from} ${to}`, digest);
    return digest;
  }

  get fingerprints(): string[] {
    return [...new Set([...this.#colds.values()].flatMap(({ tables }) => [...tables.keys()]))];
  }

  remove(): void {
    this.project.remove();
  }
}

async function heldBy(dir: string): Promise<Cold> {
  const store = await openStore({ dir });
  try {
    const fingerprints = new Map<string, string>();
    const tables = new Map<string, Table>();
    for (const node of NODES) {
      const found = await store.findNode(STRATEGY, node);
      if (!found) throw new Error(`The cold cache lacks ${node}.`);
      const [table] = await store.read([{ fingerprint: found.fingerprint, range: ALL_TIME }]);
      fingerprints.set(node, found.fingerprint);
      tables.set(found.fingerprint, table as Table);
    }
    return { fingerprints, tables };
  } finally {
    await store.close();
  }
}

/** What a cache proved to hold: coverage by fingerprint, and everything that is wrong with it. */
interface Findings {
  readonly coverage: ReadonlyMap<string, RangeSet>;
  readonly rows: number;
  readonly faults: readonly string[];
}

/** Opens a cache and compares every covered row of every node with those of cold runs, byte for byte. */
export async function examine(world: World, dir: string, sources: ReadonlySet<Source>): Promise<Findings> {
  const faults: string[] = [];
  const store = await openStore({ dir, onMessage: (text) => faults.push(text) });
  try {
    const coverage = new Map<string, RangeSet>();
    let rows = 0;
    for (const [fingerprint, spans] of await store.coverage(world.fingerprints)) {
      coverage.set(fingerprint, union(spans));
      const tables = await store.read(spans.map((range) => ({ fingerprint, range })));
      for (const [at, { start, end }] of spans.entries()) {
        const found = tables[at] as Table;
        rows += found.ts.length;
        const fits = world.allowed(fingerprint, sources).some((cold) => {
          const [from, to] = [lowerBound(cold.ts, start), lowerBound(cold.ts, end)];
          return to - from === found.ts.length && world.digest(cold, from, to) === tableDigest(found);
        });
        if (!fits) faults.push(`${fingerprint} over ${start} → ${end} holds other rows than a cold run.`);
      }
    }
    return { coverage, rows, faults };
  } finally {
    await store.close();
  }
}
