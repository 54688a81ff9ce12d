// Slow (9 s): runs in a child process.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { truncateSync } from 'node:fs';

import type { RunProgress } from '../../../src/engine/run/reporting/report.js';
import { CSV_HEADER, csvLines, minute, Project, withChild } from '../../support/project.js';

const strategy = (top: string, setup = ''): string => `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
${top}
export class Main extends Strategy {
  setup(): void {
    ${setup}
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    this.addNodes([new Node({ name: 'close', input: price, period: 1, computeFn: (view) => view.latest(price).close })]);
  }
}
`;
const RANGE = { start: minute(0), end: minute(100) };

/** Milliseconds of processor time: far more than these strategies take, and soon over for one that loops. */
const LIMIT_MS = 500;

const SAMPLE_BYTES = 1 << 26;

/** Milliseconds of processor time that so many bytes take to be hashed here and now. */
function hashingMs(bytes: number): number {
  const before = process.cpuUsage();
  createHash('sha256').update(Buffer.alloc(bytes)).digest();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('the limit on setting a strategy up', () => {
  const inProject = async (text: string, work: (project: Project) => Promise<void>): Promise<void> => {
    const project = new Project({ 'main.ts': text, 'bars.csv': CSV_HEADER + csvLines(0, 100) });
    try {
      await work(project);
    } finally {
      project.remove();
    }
  };

  for (const [where, text] of [
    ['setup()', strategy('', 'for (;;);')],
    ['the top of the file', strategy('for (;;);')],
  ] as const) {
    it(`ends a loop in ${where} by its processor time, and says so`, () =>
      inProject(text, (project) =>
        withChild(async (child) => {
          const asked = { strategy: project.strategy('main.ts'), limitMs: LIMIT_MS };
          await assert.rejects(child.request('status', asked), (error: Error & { code: string }) => {
            assert.equal(error.code, 'strategy');
            assert.match(error.message, /was not set up within 1 seconds of processor time: look for a loop/);
            return true;
          });
          assert.ok(!child.lines.some((line) => line.includes('stuck')));
        }),
      ));
  }

  it('does not count the hashing of its data, which is reported as progress', () =>
    inProject(strategy(''), (project) =>
      withChild(async (child) => {
        await child.materialize(project, RANGE);
        // Zeros after a last line, as many as take twice the limit to hash.
        const bytes = ((2 * LIMIT_MS) / hashingMs(SAMPLE_BYTES)) * SAMPLE_BYTES;
        truncateSync(project.path('bars.csv'), Math.ceil(bytes));
        const phases = new Set<string>();
        const asked = { strategy: project.strategy('main.ts'), ...RANGE, limitMs: LIMIT_MS };
        const onProgress = ({ phase, node }: RunProgress): unknown => phases.add(`${phase} ${node ?? ''}`);
        // It was hashed to its end, and found to be no text.
        await assert.rejects(child.client.request('status', asked, { onProgress }), { code: 'source' });
        assert.deepEqual([...phases], ['checking bars.csv']);
      }),
    ));
});
