// Slow (15 s): runs in a child process.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { VerifiedNode, VerifyReport } from '../../../src/protocol/results.js';
import { openStore } from '../../../src/store/store.js';
import { CSV_HEADER, csvLines, minute, Project, refused, withChild } from '../../support/project.js';

const strategy = (noise: string): string => `
import { sign } from 'node:crypto';
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';

void sign;

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const mean = new Node({ name: 'mean', input: price, period: 5,
      computeFn: (view) => view.window(price).column('close').reduce((a, b) => a + b, 0) / 5 });
    const noisy = new Node({ name: 'noisy', input: mean, period: 1, computeFn: (view) => view.latest(mean) + ${noise} });
    const below = new Node({ name: 'below', input: noisy, period: 2, computeFn: (view) => view.latest(noisy) * 2 });
    this.addNodes([price, mean, noisy, below]);
  }
}
`;
const RANGE = { start: minute(10), end: minute(90) };

describe('verify', () => {
  let project: Project;
  afterEach(() => project.remove());
  // Others verify at the same time: what is left behind shows in a folder of this suite's own.
  const scratch = mkdtempSync(join(tmpdir(), 'seamless-scratch-'));
  const { TMPDIR } = process.env;
  before(() => (process.env['TMPDIR'] = scratch));
  after(() => {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
    rmSync(scratch, { recursive: true, force: true });
  });
  const left = (): string[] => readdirSync(scratch).filter((name) => name.startsWith('seamless-verify-'));
  const make = async (noise: string): Promise<void> => {
    project = new Project({ 'main.ts': strategy(noise), 'bars.csv': CSV_HEADER + csvLines(0, 100) });
    await withChild((child) => child.materialize(project, RANGE));
  };
  const verify = (nodes: readonly string[] = [], sample: number | null = null): Promise<VerifyReport> =>
    withChild((child) => child.request('verify', { strategy: project.strategy('main.ts'), nodes, sample }));
  const states = ({ nodes }: VerifyReport): Record<string, string> =>
    Object.fromEntries(nodes.map(({ name, state }) => [name, state]));

  it('recomputes all stored rows or a sample, finds them equal, and stores nothing', async () => {
    await make('0');
    const all = await verify();
    assert.deepEqual(states(all), {
      price: 'verified',
      mean: 'verified',
      noisy: 'verified',
      below: 'verified',
    });
    assert.deepEqual(all.ranges, [[RANGE.start, RANGE.end]]);
    assert.deepEqual(
      all.nodes.map(({ rows, differing, first }) => [rows, differing, first]),
      all.nodes.map(() => [80, 0, null]),
    );
    const some = await verify(['mean'], 3);
    assert.deepEqual(states(some), { mean: 'verified' });
    assert.deepEqual(left(), []);
    await refused(verify(['maen']), 'not-found', /has no node maen\. Did you mean mean\?/);
  });

  it('names rows that the code does not give, the first bar with both values, and whom they come from', async () => {
    await make('0');
    const store = await openStore({ dir: project.cacheDir });
    const found = (await store.findNode('Main', 'noisy')) ?? assert.fail('not stored');
    const [table] = await store.read([{ fingerprint: found.fingerprint, range: RANGE }]);
    const [column] = table?.columns ?? [];
    assert.ok(table && column?.type === 'number');
    const [values, right] = [column.values.slice(), column.values[7]];
    values[7] = 1e6;
    const wrong = { ...table, columns: [{ ...column, values }] };
    const [span] = (await store.coverage([found.fingerprint])).get(found.fingerprint) ?? [];
    assert.ok(span);
    const belowFound = (await store.findNode('Main', 'below')) ?? assert.fail('not stored');
    const [belowTable] = await store.read([{ fingerprint: belowFound.fingerprint, range: RANGE }]);
    assert.ok(belowTable);
    const meanFound = (await store.findNode('Main', 'mean')) ?? assert.fail('not stored');
    await store.commit({
      invalidations: [found, belowFound, meanFound].map(({ fingerprint }) => ({ fingerprint, range: RANGE })),
      segments: [
        { fingerprint: found.fingerprint, codeHash: 'own', range: RANGE, table: wrong, inputDigests: [] },
        {
          fingerprint: belowFound.fingerprint,
          codeHash: 'own',
          range: RANGE,
          table: belowTable,
          inputDigests: [],
        },
      ],
      reuses: [],
      sources: [],
    });
    await store.close();
    const report = await verify();
    assert.deepEqual(states(report), {
      price: 'verified',
      mean: 'skipped',
      noisy: 'differs',
      below: 'verified',
    });
    const noisy = report.nodes.find(({ name }) => name === 'noisy') as VerifiedNode;
    assert.deepEqual([noisy.differing, noisy.first], [1, { ts: minute(17), before: 1e6, after: right }]);
    assert.match(
      noisy.reason,
      /^The stored rows differ from what its code gives for the windows of each bar alone from 2024-/,
    );
    // Once more is as often as one likes: nothing was changed by it.
    assert.deepEqual(states(await verify()), states(report));
  });

  it('names a node whose code gives other values each time, and what lies below it', async () => {
    // Each signature by such a key has random numbers in it.
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    await make(`sign('sha256', new Uint8Array(1), ${JSON.stringify(privateKey)}).readUInt32LE(10)`);
    const report = await verify();
    assert.deepEqual(states(report), {
      price: 'verified',
      mean: 'verified',
      noisy: 'nondeterministic',
      below: 'differs',
    });
    const [noisy, below] = report.nodes.slice(2);
    assert.match(noisy?.reason ?? '', /^Its code gives other values each time it runs, first at 2024-/);
    assert.match(below?.reason ?? '', /^It differs .*, as its input noisy does\.$/);
  });

  it('waits for a changed source to be taken in before it judges', async () => {
    await make('0');
    project.write({ 'bars.csv': CSV_HEADER + csvLines(0, 100, (index) => index) });
    const report = await verify();
    assert.ok(report.nodes.every(({ state }) => state === 'skipped'));
    assert.match(report.nodes[1]?.reason ?? '', /^A source changed since it was stored: materialize/);
    assert.equal(existsSync(project.cacheDir), true);
  });
});
