// Slow (30 s): a property: children that are interrupted anywhere.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import type { RunProgress } from '../../src/engine/run/reporting/report.js';
import {
  Child,
  chunksOf,
  CSV_HEADER,
  csvLines,
  minute,
  nodeOf,
  Project,
  refused,
  storedTables,
  withChild,
} from '../support/project.js';

/** Nine nodes over several chunks, with code for one of them to run bar by bar. */
function strategy(fifth = ''): string {
  return `
import { csvHistory, Node, sma, Strategy, StreamInput } from 'seamless-dag';
export class Main extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const means = [3, 5, 8, 13].map((period) => sma({ name: 'mean' + period, input: price, column: 'close', period }));
    const fifth = new Node({ name: 'fifth', input: price, period: 4,
      computeFn: (view) => {
        const closes = view.window(price).column('close');
        ${fifth}
        return Math.hypot(...closes);
      } });
    const chain = means.map((mean) => new Node({ name: 'of ' + mean.name, input: [mean, fifth], period: 3,
      computeFn: (view) => view.window(mean).column()[0] * view.latest(fifth) }));
    this.addNodes(chain);
  }
}
`;
}

/** At a bar: so that what is said of a run comes while it goes on, and costs no processor time. */
const sleepFor = (ms: number): string =>
  `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms});`;

const CHUNK = 1024;
const BARS = 2560;
/** In the last chunk but one. */
const LATE = minute(1900);
const RANGE = { start: minute(0), end: minute(BARS) };

describe('a run that is cut off', () => {
  let project: Project;
  chunksOf(CHUNK);
  before(() => {
    project = new Project({ 'main.ts': strategy(), 'bars.csv': CSV_HEADER + csvLines(0, BARS) });
  });
  after(() => project.remove());

  /** Expects that a run in a new process is complete, and its rows are those of an empty cache. */
  async function assertSound(cacheDir: string): Promise<void> {
    await withChild(async (child) => {
      const again = await child.materialize(project, { ...RANGE, cacheDir });
      assert.deepEqual(again.coverageBounds, [RANGE.start, RANGE.end]);
      const cold = project.path('cold');
      const other = await child.materialize(project, { ...RANGE, cacheDir: cold });
      assert.deepEqual(
        again.nodes.map(({ rows }) => rows),
        other.nodes.map(({ rows }) => rows),
      );
      assert.deepStrictEqual(await storedTables(cacheDir, again), await storedTables(cold, other));
    });
  }

  it('while (true) {} in a node: cancelled at once, the process stays, and the cache is sound', async () => {
    const cacheDir = project.path('looped');
    project.write({
      'main.ts': strategy(`if (view.asOf === ${LATE}) { console.log('loops'); while (true) {} }`),
    });
    const child = new Child();
    try {
      const controller = new AbortController();
      const looping = child.printed(/^loops$/);
      // The child itself ends the loop: its parent need not lose patience.
      const patienceMs = 120_000;
      const run = child.materialize(project, { ...RANGE, cacheDir, signal: controller.signal, patienceMs });
      await looping;
      controller.abort();
      await refused(run, 'cancelled', /cancelled|Cancelled/);
      assert.equal(child.client.alive, true);
    } finally {
      await child.end();
      project.write({ 'main.ts': strategy() });
    }
    await assertSound(cacheDir);
  });

  it('cancelled between two bars: the process stays, and the next run continues there', async () => {
    const cacheDir = project.path('cancelled');
    // Slow from then on, so that the run is not over before it hears that it is cancelled.
    project.write({
      'main.ts': strategy(`
        if (view.asOf === ${LATE}) console.log('half done');
        if (view.asOf > ${LATE}) ${sleepFor(2)}`),
    });
    try {
      await withChild(async (child) => {
        const controller = new AbortController();
        const half = child.printed(/^half done$/);
        const run = child.materialize(project, {
          ...RANGE,
          cacheDir,
          signal: controller.signal,
          // However busy the machine is, a process that is only slow to answer is not taken for one that loops.
          patienceMs: 30_000,
        });
        const cancelled = refused(run, 'cancelled', /Cancelled/);
        await half;
        controller.abort();
        await cancelled;
        assert.equal(child.client.alive, true);
        const rest = await child.materialize(project, { ...RANGE, cacheDir });
        assert.deepEqual(rest.coverageBounds, [RANGE.start, RANGE.end]);
        const [computed] = nodeOf(rest, 'of mean13').computedRanges;
        assert.ok(computed && computed[0] > RANGE.start, 'what was stored before is not computed again');
      });
      await assertSound(cacheDir);
    } finally {
      project.write({ 'main.ts': strategy() });
    }
  });

  it('kill -9 at any moment: the next run is complete, and equal to a cold one', async () => {
    const cacheDir = project.path('killed');
    let killed = 0;
    // Slow, so that what is said of its progress comes while it goes on.
    project.write({ 'main.ts': strategy(sleepFor(1)) });
    for (const moment of [0.05, 0.3, 0.5, 0.6, 0.7]) {
      const child = new Child();
      const pid = child.client.pid ?? 0;
      const run = child.materialize(project, {
        ...RANGE,
        cacheDir,
        onProgress: ({ phase, done, total }) => {
          if (phase === 'computing' && done > total * moment) process.kill(pid, 'SIGKILL');
        },
      });
      // What is left to compute becomes less with each run: the last ones may be done before they are killed.
      await run.then(
        () => undefined,
        (error: unknown) => {
          assert.match(String(error), /ended unexpectedly/);
          killed++;
        },
      );
      await child.end();
    }
    assert.ok(killed > 0, 'no run was killed');
    try {
      await assertSound(cacheDir);
    } finally {
      project.write({ 'main.ts': strategy() });
    }
  });

  it('kill -9 while rows are stored', async () => {
    const cacheDir = project.path('storing');
    for (let turn = 0; turn < 3; turn++) {
      const child = new Child();
      let begun: () => void = () => undefined;
      const computing = new Promise<void>((resolve) => (begun = resolve));
      const onProgress = ({ phase }: RunProgress): void => {
        if (phase === 'computing') begun();
      };
      const ended = child.materialize(project, { ...RANGE, cacheDir, onProgress }).catch(() => null);
      await Promise.race([ended, computing]);
      // Wherever it then is: this machine's pace decides.
      await Promise.race([ended, sleep(turn * 30 + Math.random() * 30)]);
      if (child.client.pid) process.kill(child.client.pid, 'SIGKILL');
      await ended;
      await child.end();
    }
    await assertSound(cacheDir);
  });
});
