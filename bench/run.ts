// A year of minutes × 20 nodes against DuckDB's own SQL, in pairs: what counts is the ratio within a run.
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JobClient } from '../src/client/job-client.js';
import type { RunReport } from '../src/engine/run/reporting/report.js';
import { measure, median } from './measure.js';
import { DAY, PROJECT, START, writeProject, YEAR_END } from './project.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(HERE);
const STRATEGY = join(PROJECT, 'year.ts');
const PAIRS = Number(process.env['BENCH_PAIRS'] ?? 3);

interface Timed {
  readonly seconds: number;
  readonly report: RunReport;
}

/** One run in a child that is warm already, as in the editor; the whole request is timed. */
async function request(client: JobClient, end: number): Promise<Timed> {
  const started = performance.now();
  const strategy = { file: STRATEGY, className: 'Year', projectRoot: PROJECT };
  const report = await client.request('materialize', { strategy, start: START, end });
  return { seconds: (performance.now() - started) / 1000, report };
}

async function editOneNode(): Promise<void> {
  const text = await readFile(STRATEGY, 'utf8');
  const edited = text.replace('(close[0] as number) - 1', '(close[0] as number) - 1.5');
  if (edited === text) throw new Error('The strategy of the bench has no line to edit any more.');
  await writeFile(STRATEGY, edited);
}

function expectStates(report: RunReport, expected: Partial<RunReport>): void {
  for (const [name, value] of Object.entries(expected)) {
    const found = report[name as keyof RunReport];
    if (found !== value)
      throw new Error(
        `The bench expected ${name} ${JSON.stringify(value)}, but it is ${JSON.stringify(found)}.`,
      );
  }
}

async function oneRound(): Promise<Record<string, number>> {
  await rm(join(PROJECT, '.seamless'), { recursive: true, force: true });
  await copyFile(join(HERE, 'strategy/year.ts'), STRATEGY);
  const cli = join(ROOT, 'dist/cli.js');
  const cold = await measure(
    process.execPath,
    [cli, 'materialize', `${STRATEGY}#Year`, '--start', String(START), '--end', String(YEAR_END), '--json'],
    PROJECT,
  );
  expectStates(JSON.parse(cold.stdout) as RunReport, { nodeCount: 21, computed: 21, failed: 0 });
  const peer = await measure(
    process.execPath,
    [join(HERE, 'peer.mjs'), join(PROJECT, 'year.csv'), join(PROJECT, 'peer.duckdb'), String(YEAR_END)],
    ROOT,
  );
  const client = JobClient.start({ childPath: join(ROOT, 'dist/child.js') });
  try {
    await request(client, YEAR_END);
    const hit = await request(client, YEAR_END);
    expectStates(hit.report, { hits: 21 });
    const day = await request(client, YEAR_END + DAY);
    expectStates(day.report, { computed: 20 });
    await editOneNode();
    const edit = await request(client, YEAR_END + DAY);
    expectStates(edit.report, { computed: 4, hits: 17 });
    return {
      cold: cold.seconds,
      peer: peer.seconds,
      hit: hit.seconds,
      day: day.seconds,
      edit: edit.seconds,
      memory: cold.peakBytes,
      peerMemory: peer.peakBytes,
    };
  } finally {
    await client.dispose();
  }
}

await writeProject();
const rounds: Record<string, number>[] = [];
for (let round = 0; round < PAIRS; round++) rounds.push(await oneRound());

const of = (name: string): number => median(rounds.map((round) => round[name] ?? Number.NaN));
const ratio = (name: string, base: string): number =>
  median(rounds.map((round) => (round[name] ?? Number.NaN) / (round[base] ?? Number.NaN)));
const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
console.log(
  `A year of minutes (525 600 bars) × 20 nodes, medians of ${PAIRS} rounds on ${process.platform}-${process.arch}, Node ${process.version}`,
);
console.table({
  'cold, whole process': {
    seconds: of('cold').toFixed(2),
    ratio: `${ratio('cold', 'peer').toFixed(2)} × DuckDB SQL`,
    aim: '≤ 2 ×',
  },
  'DuckDB SQL, whole process': { seconds: of('peer').toFixed(2), ratio: '1', aim: '' },
  'a hit, warm child': {
    seconds: of('hit').toFixed(3),
    ratio: `${percent(ratio('hit', 'cold'))} of cold`,
    aim: '≤ 2 %',
  },
  'one more day, warm child': {
    seconds: of('day').toFixed(3),
    ratio: `${percent(ratio('day', 'cold'))} of cold`,
    aim: '≤ 3 %',
  },
  'one line edited (4 nodes), warm child': {
    seconds: of('edit').toFixed(3),
    ratio: `${percent(ratio('edit', 'cold'))} of cold`,
    aim: '',
  },
  'peak memory, all processes': {
    seconds: '',
    ratio: `${(of('memory') / 1e6).toFixed(0)} MB (DuckDB SQL: ${(of('peerMemory') / 1e6).toFixed(0)} MB)`,
    aim: '< 600 MB',
  },
});
