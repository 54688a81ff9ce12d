// An edit of one of twenty nodes over three years of minutes in a child that is warm, until its values can be drawn.
import { readFileSync } from 'node:fs';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { JobClient } from '../src/client/job-client.js';
import { median } from './measure.js';
import { DAY, PROJECT, START, writeProject } from './project.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const STRATEGY = join(PROJECT, 'year.ts');
const EDITS = Number(process.env['BENCH_EDITS'] ?? 7);
const YEARS = 3;
const END = START + YEARS * 365 * DAY;
/** Between two edits: nobody saves again at once, and the child starts its next thread meanwhile. */
const PAUSE_MS = 500;
/** As wide as a chart of the DAG's pane. */
const POINTS = 800;

/** Processor seconds of this process's children so far, in Linux's hundredths. */
function childSeconds(): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
  const ticks = children.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / 100;
}

const strategy = { file: STRATEGY, className: 'Year', projectRoot: PROJECT };
const seen = {
  projectRoot: PROJECT,
  strategy: 'year.ts#Year',
  node: 'return60',
  start: START,
  end: END,
  points: POINTS,
};

async function edit(number: number): Promise<void> {
  const text = await readFile(join(HERE, 'strategy/year.ts'), 'utf8');
  // The same node with another window: the others capture what they did.
  const edited = text
    .replace('[1, 5, 15, 60]', `[1, 5, 15, ${60 + number}]`)
    .replace('`return${bars}`', '`return${Math.min(bars, 60)}`');
  if (edited === text) throw new Error('The strategy of the bench has no line to edit any more.');
  await writeFile(STRATEGY, edited);
}

await writeProject(YEARS);
await rm(join(PROJECT, '.seamless'), { recursive: true, force: true });
await copyFile(join(HERE, 'strategy/year.ts'), STRATEGY);
// A folder for the profiles of the child's threads.
const profiles = process.env['BENCH_PROFILES'];
const execArgv = profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [];
const client = JobClient.start({ childPath: join(dirname(HERE), 'dist/child.js'), lasting: true, execArgv });
try {
  await client.request('materialize', { strategy, start: START, end: END });
  const taken: { readonly run: number; readonly shown: number; readonly processor: number }[] = [];
  for (let number = 1; number <= EDITS; number++) {
    await setTimeout(PAUSE_MS);
    await edit(number);
    const [started, processor] = [performance.now(), childSeconds()];
    const report = await client.request('materialize', { strategy, start: START, end: END });
    const run = performance.now();
    const { versions } = await client.request('series', seen);
    taken.push({
      run: run - started,
      shown: performance.now() - started,
      processor: childSeconds() - processor,
    });
    if (report.computed !== 1 || (versions[0]?.table.ts.length ?? 0) === 0)
      throw new Error(JSON.stringify(report));
  }
  const of = (what: keyof (typeof taken)[number]): number => median(taken.map((each) => each[what]));
  console.log(
    `An edit, medians of ${EDITS}, on ${process.platform}-${process.arch}, Node ${process.version}`,
  );
  console.log(`  the run          ${of('run').toFixed(0)} ms`);
  console.log(`  its values       ${of('shown').toFixed(0)} ms (aim: 500 on a quiet machine)`);
  console.log(`  processor time   ${(of('processor') * 1000).toFixed(0)} ms`);
} finally {
  await client.dispose();
}
