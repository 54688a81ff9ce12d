import { textDigest, tableDigest } from '../../src/engine/fingerprint/digest.js';
import type { ScanState } from '../../src/engine/ports/host.js';
import type {
  Candidate,
  Commit,
  Covered,
  CoveredSpan,
  Dependent,
  EarlierNode,
  NewSegment,
  NodeComparison,
  NodeRecord,
  NodeStore,
  ReadRequest,
  ReadsSince,
  RowSummary,
  SourceState,
  TimesRequest,
} from '../../src/engine/ports/store.js';
import { difference, union } from '../../src/engine/plan/ranges.js';
import { earliest } from '../../src/engine/plan/since.js';
import { concatTables, sliceTableByTime, type Table } from '../../src/sdk/table.js';
import type { Range } from '../../src/sdk/time/time.js';

interface Span extends Range {
  readonly fingerprint: string;
  readonly segment: number;
  readonly since: ReadsSince | null;
}

/** What a store must do, in the plainest form: the model the real one and the engine are tested against. */
export class MemoryStore implements NodeStore {
  readonly segments = new Map<number, NewSegment & { digest: string }>();
  spans: Span[] = [];
  readonly #sources = new Map<string, SourceState>();
  readonly #nodes = new Map<string, NodeRecord>();
  readonly #current = new Map<string, NodeRecord>();
  /** In the order in which they became the current ones. */
  readonly #registered: NodeRecord[] = [];
  #next = 1;
  commits = 0;

  async register(
    nodes: readonly NodeRecord[],
    left: ReadonlySet<string> = new Set(),
  ): Promise<readonly NodeComparison[]> {
    const histories = await this.compare(nodes);
    for (const [index, node] of nodes.entries()) {
      if (!this.#nodes.has(node.fingerprint)) this.#nodes.set(node.fingerprint, node);
      const kept = histories[index] !== 'new' && left.has(node.fingerprint);
      if (kept) continue;
      this.#current.set(textDigest([node.strategy, node.node]), node);
      this.#registered.push(node);
    }
    return histories;
  }

  point(nodes: readonly NodeRecord[], held: ReadonlySet<string>): Promise<void> {
    for (const node of nodes.filter(({ fingerprint }) => held.has(fingerprint))) {
      const key = textDigest([node.strategy, node.node]);
      if (this.#current.get(key)?.fingerprint === node.fingerprint) continue;
      this.#current.set(key, node);
      this.#registered.push(node);
    }
    return Promise.resolve();
  }

  compare(nodes: readonly NodeRecord[]): Promise<readonly NodeComparison[]> {
    const histories = nodes.map((node): NodeComparison => {
      const before = this.#current.get(textDigest([node.strategy, node.node]));
      if (!before) return 'new';
      if (before.fingerprint === node.fingerprint) return 'same';
      return before.codeHash === node.codeHash ? 'input-changed' : 'own-changed';
    });
    return Promise.resolve(histories);
  }

  earlier(nodes: readonly NodeRecord[]): Promise<readonly (EarlierNode | null)[]> {
    const found = nodes.map(async (node): Promise<EarlierNode | null> => {
      const before = this.#registered.filter(
        ({ strategy, node: name, fingerprint }) =>
          strategy === node.strategy && name === node.node && fingerprint !== node.fingerprint,
      );
      const last = before.at(-1);
      if (!last) return null;
      const inputs = last.inputs.map((fingerprint) => {
        const named = this.#registered.filter((each) => each.fingerprint === fingerprint);
        return { fingerprint, names: [...new Set(named.map(({ node: name }) => name))] };
      });
      return { fingerprint: last.fingerprint, own: last.codeHash, parts: await last.parts(), inputs };
    });
    return Promise.all(found);
  }

  current(strategy: string): Promise<ReadonlyMap<string, string>> {
    const nodes = [...this.#current.values()].filter((node) => node.strategy === strategy);
    return Promise.resolve(new Map(nodes.map(({ node, fingerprint }) => [node, fingerprint])));
  }

  coverage(fingerprints: readonly string[]): Promise<ReadonlyMap<string, readonly CoveredSpan[]>> {
    const found = fingerprints.map((fingerprint): [string, CoveredSpan[]] => [
      fingerprint,
      this.#spansOf(fingerprint),
    ]);
    return Promise.resolve(new Map(found));
  }

  covered(fingerprints: readonly string[]): Promise<ReadonlyMap<string, Covered>> {
    const found = fingerprints.map((fingerprint): [string, Covered] => {
      const spans = this.#spansOf(fingerprint);
      return [fingerprint, { ranges: union(spans), reused: union(spans.filter(({ reused }) => reused)) }];
    });
    return Promise.resolve(new Map(found));
  }

  #spansOf(fingerprint: string): CoveredSpan[] {
    return this.spans
      .filter((span) => span.fingerprint === fingerprint)
      .sort((a, b) => a.start - b.start)
      .map(({ start, end, segment }) => {
        const { digest, range, fingerprint: origin } = this.#segment(segment);
        return { start, end, segment, digest, segmentRange: range, reused: origin !== fingerprint };
      });
  }

  #segment(id: number): NewSegment & { digest: string } {
    const segment = this.segments.get(id);
    if (!segment) throw new Error(`no segment ${id}`);
    return segment;
  }

  sources(fingerprints: readonly string[]): Promise<ReadonlyMap<string, SourceState>> {
    const found = new Map<string, SourceState>();
    for (const fingerprint of fingerprints) {
      const state = this.#sources.get(fingerprint);
      if (state) found.set(fingerprint, state);
    }
    return Promise.resolve(found);
  }

  read(requests: readonly ReadRequest[]): Promise<readonly Table[]> {
    return Promise.resolve(requests.map((request) => this.#read(request)));
  }

  #read({ fingerprint, range }: ReadRequest): Table {
    const parts = this.#spansOf(fingerprint).map((span) =>
      sliceTableByTime(
        this.#segment(span.segment).table,
        Math.max(span.start, range.start),
        Math.min(span.end, range.end),
      ),
    );
    return concatTables(parts);
  }

  readSegments(segments: readonly number[]): Promise<readonly Table[]> {
    return Promise.resolve(segments.map((id) => this.#segment(id).table));
  }

  readStates(segments: readonly number[]): Promise<readonly ScanState[]> {
    const states = segments.map((id) => this.#segment(id).state);
    return Promise.resolve(states.filter((state) => state !== undefined));
  }

  summarize(requests: readonly ReadRequest[]): Promise<readonly RowSummary[]> {
    return Promise.resolve(
      requests.map((request) => {
        const all = this.#read({
          fingerprint: request.fingerprint,
          range: { start: -Infinity, end: Infinity },
        });
        const schema = {
          shape: all.shape,
          names: all.names,
          types: all.columns.map((column) => column.type),
        };
        return { rows: this.#read(request).ts.length, schema: all.ts.length > 0 ? schema : null };
      }),
    );
  }

  lastTimes(fingerprint: string, before: number, count: number): Promise<Float64Array> {
    const { ts } = this.#read({ fingerprint, range: { start: -Infinity, end: before } });
    return Promise.resolve(ts.slice(Math.max(0, ts.length - count)));
  }

  candidates(owns: readonly string[], range: Range): Promise<readonly Candidate[]> {
    const found: Candidate[] = [];
    for (const [segment, { codeHash: own, range: covered, inputDigests }] of this.segments) {
      if (owns.includes(own) && covered.start >= range.start && covered.end <= range.end) {
        found.push({ segment, codeHash: own, range: covered, inputDigests });
      }
    }
    return Promise.resolve(found);
  }

  commit(commit: Commit): Promise<void> {
    this.commits++;
    const before = this.spans;
    for (const { fingerprint, range, whole, cause } of commit.invalidations) {
      const isMeant = (span: Span): boolean =>
        span.fingerprint === fingerprint &&
        span.start < range.end &&
        span.end > range.start &&
        (!cause || (span.since?.[cause.stream] ?? -Infinity) < cause.until);
      const given = before.filter(isMeant);
      const isGone = (span: Span): boolean =>
        given.some(
          ({ start, end }) =>
            whole && span.fingerprint === fingerprint && start <= span.start && span.end <= end,
        );
      this.spans = this.spans
        .filter((span) => !isGone(span))
        .flatMap((span) =>
          isMeant(span) ? difference([span], [range]).map((rest) => ({ ...span, ...rest })) : [span],
        );
    }
    for (const segment of commit.segments) {
      const id = this.#next++;
      this.segments.set(id, { ...segment, digest: tableDigest(segment.table) });
      const { fingerprint, range, since = null } = segment;
      this.#cover({ fingerprint, segment: id, since, ...range });
    }
    for (const { fingerprint, segment, range, since = null } of commit.reuses)
      this.#cover({ fingerprint, segment, since, ...range });
    for (const { fingerprint, state } of commit.sources) this.#sources.set(fingerprint, state);
    return Promise.resolve();
  }

  #cover(added: Span): void {
    const clash = this.spans.find(
      (span) => span.fingerprint === added.fingerprint && span.start < added.end && added.start < span.end,
    );
    if (clash) throw new Error(`overlapping coverage: ${JSON.stringify([clash, added])}`);
    this.spans.push(added);
  }

  timesFrom(requests: readonly TimesRequest[]): Promise<readonly Float64Array[]> {
    const found = requests.map(async ({ fingerprint, from, count }) => {
      const [table] = await this.read([{ fingerprint, range: { start: from, end: Infinity } }]);
      return table?.ts.slice(0, count) ?? new Float64Array(0);
    });
    return Promise.all(found);
  }

  readsSince(requests: readonly ReadRequest[]): Promise<readonly (ReadsSince | null)[]> {
    const found = requests.map(({ fingerprint, range }) =>
      earliest(
        this.spans
          .filter(
            (span) => span.fingerprint === fingerprint && span.start < range.end && span.end > range.start,
          )
          .map(({ since }) => since),
      ),
    );
    return Promise.resolve(found);
  }

  dependents(stream: string): Promise<readonly Dependent[]> {
    const found = new Set<string>();
    for (let grew = true; grew;) {
      grew = false;
      for (const { fingerprint, inputs } of this.#nodes.values()) {
        if (found.has(fingerprint)) continue;
        if (inputs.some((input) => input === stream || found.has(input))) {
          found.add(fingerprint);
          grew = true;
        }
      }
    }
    const nodes = [...found].map((fingerprint): Dependent => {
      const { interval, phase, calendar, inputs, lookbacks, spans } = this.#nodes.get(
        fingerprint,
      ) as NodeRecord;
      return {
        fingerprint,
        interval,
        phase,
        calendar,
        inputs: inputs.map((input, i) => ({
          fingerprint: input,
          lookback: lookbacks?.[i] ?? null,
          ...(spans?.[i] != null && { span: spans[i] }),
        })),
      };
    });
    return Promise.resolve(nodes);
  }
}
