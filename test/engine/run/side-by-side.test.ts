import assert from 'node:assert/strict';
import { textDigest } from '../../../src/engine/fingerprint/digest.js';
import { materialize } from '../../../src/engine/run/materialize.js';
import type {
  ComputeRequest,
  ComputeResult,
  FiringProgress,
  GraphDescription,
} from '../../../src/engine/ports/host.js';
import type { Commit, Reuse } from '../../../src/engine/ports/store.js';
import { emptyTable, type Table } from '../../../src/sdk/table.js';
import type { RunProgress } from '../../../src/engine/run/reporting/report.js';
import { MemoryStore } from '../../support/memory-store.js';
import { WorldHost } from '../../support/worlds/host.js';
import { node, portsOf, QUIET, rowsEach, stream, type MadeStream } from '../../support/worlds/made.js';
import { ORIGIN as START, type Spec } from '../../support/worlds/spec.js';

const RANGE = { start: START + 6000, end: START + 9000 };
const SLOTS = (RANGE.end - RANGE.start) / 60;

function prices(): MadeStream {
  return stream(
    60,
    rowsEach(60, 300, (index) => (index * 37) % 17),
  );
}

function reads(input: number, seed: number, period = 1): Spec {
  return node(60, { [input]: period }, { seed });
}

/** Where a store and a host wait for each other, so that both have begun before either goes on. */
class Meeting {
  readonly #arrived: (() => void)[] = [];

  async wait(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#arrived.push(resolve);
      if (this.#arrived.length === 2) for (const each of this.#arrived.splice(0)) each();
    });
  }
}

/** A store that takes a while to read segments, with a meeting until a look-ahead was found. It keeps what it was asked for. */
class SlowStore extends MemoryStore {
  readonly asked: number[] = [];
  readonly reuses: Reuse[] = [];
  meeting: Meeting | null = null;

  override async readSegments(segments: readonly number[]): Promise<readonly Table[]> {
    this.asked.push(...segments);
    await this.meeting?.wait();
    await new Promise((resolve) => setImmediate(resolve));
    return super.readSegments(segments);
  }

  override commit(commit: Commit): Promise<void> {
    this.reuses.push(...commit.reuses);
    return super.commit(commit);
  }
}

/**
 * Nodes 2 and 3 are members of a family; 4, which reads 2, is of another. With a meeting, 3 looks ahead, and says so once 4 has
 * asked for stored rows.
 */
class FamilyHost extends WorldHost {
  code = 'first';
  meeting: Meeting | null = null;

  override async describe(): Promise<GraphDescription> {
    const described = await super.describe();
    const own = { hash: textDigest([this.code]) };
    const nodes = described.nodes.map((node, index) => {
      const [family, symbol] = [[], [], ['f', 'A'], ['f', 'B'], ['g', 'A']][index] ?? [];
      if (!family || !symbol) return node;
      return { ...node, ...(family === 'f' && { own }), member: { family, symbol } };
    });
    return { ...described, nodes };
  }

  override async compute(
    request: ComputeRequest,
    ...more: [FiringProgress, AbortSignal]
  ): Promise<ComputeResult> {
    const result = await super.compute(request, ...more);
    if (request.node !== 3 || !this.meeting) return result;
    await this.meeting.wait();
    const failure = { code: 'look-ahead', message: 'It looks ahead.', asOf: null, location: null };
    return { table: emptyTable(), failure };
  }
}

/** Node 4 takes until node 1 is done, and what follows from that. */
class SlowChainHost extends WorldHost {
  #firstIsDone: () => void = () => undefined;
  readonly #first = new Promise<void>((resolve) => (this.#firstIsDone = resolve));

  override async compute(
    request: ComputeRequest,
    ...more: [FiringProgress, AbortSignal]
  ): Promise<ComputeResult> {
    const result = await super.compute(request, ...more);
    if (request.node === 1) this.#firstIsDone();
    if (request.node === 4) {
      await this.#first;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return result;
  }
}

describe('nodes that are computed side by side', () => {
  it('no longer start once the chunk has to be planned anew', async () => {
    const sparse = node(60, { 0: 1 }, { seed: 3, sparse: 2 });
    const chain = [reads(0, 5), reads(3, 6), reads(4, 7), reads(5, 8)];
    const specs: Spec[] = [prices(), sparse, reads(1, 4, 20), ...chain];
    const host = new SlowChainHost(specs);
    const ports = portsOf(specs, new MemoryStore(), { host });
    const counts: number[] = [];
    const progress = (at: RunProgress): void => {
      if (at.phase !== 'computing') return;
      // On a slow machine, a node tells of its slots before it is done.
      const done = Math.floor(at.done / SLOTS) * SLOTS;
      if (counts.at(-1) !== done) counts.push(done);
    };
    await materialize(ports, RANGE, { ...QUIET, progress });
    assert.ok((host.calls[3] ?? 0) > SLOTS, 'it was planned anew');
    assert.equal(host.calls[6], SLOTS);
    // What was computed in vain does not count: all is done when the last node is.
    assert.equal(counts.indexOf(6 * SLOTS), counts.length - 1);
    assert.deepEqual(
      counts.slice(-6),
      [1, 2, 3, 4, 5, 6].map((nodes) => nodes * SLOTS),
    );
  });

  it('reuse nothing found wrong meanwhile', async () => {
    for (const looksAhead of [false, true]) {
      const specs: Spec[] = [prices(), prices(), reads(0, 5), reads(1, 5), reads(2, 7)];
      const [store, host] = [new SlowStore(), new FamilyHost(specs)];
      const run = (): Promise<unknown> => materialize(portsOf(specs, store, { host }), RANGE, QUIET);
      await run();
      // Other code of the family gives the same rows, so that what reads them would be reused.
      host.code = 'second';
      host.meeting = store.meeting = looksAhead ? new Meeting() : null;
      await run();
      assert.ok(store.asked.length > 0);
      assert.equal(store.reuses.length > 0, !looksAhead);
    }
  });
});
