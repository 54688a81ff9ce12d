// Materializes the sample, twice, then edits one node of a copy: what is computed, and what comes from the cache.
import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SAMPLE = join(ROOT, '.demo', 'sample');
const CLI = join(ROOT, 'dist', 'cli.js');

const SP = { ref: 'strategies/sp-trend.ts#SpTrend', start: '2000-01-03', end: '2020-04-18' };
const PAIR = { ref: 'strategies/pair-rotation.ts#PairRotation', start: '2023-01-01', end: '2023-03-01' };
const EDIT = {
  file: 'strategies/pair-rotation.ts',
  from: 'const LOOKBACKS = [15, 60, 240];',
  to: 'const LOOKBACKS = [20, 60, 240];',
};

/** Runs the command line in the sample's folder. With `capture`, returns what it prints instead of showing it. */
function seamless(args, { capture = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = ['inherit', capture ? 'pipe' : 'inherit', capture ? 'ignore' : 'inherit'];
    const child = spawn(process.execPath, [CLI, ...args], { cwd: SAMPLE, stdio });
    let printed = '';
    child.stdout?.on('data', (data) => (printed += data));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`seamless ${args.join(' ')} ended with exit code ${code}.`));
    });
  });
}

const rangeOf = ({ start, end }) => ['--start', start, '--end', end];

async function materialize(strategy) {
  console.log(`\n$ seamless materialize ${strategy.ref} --start ${strategy.start} --end ${strategy.end}`);
  await seamless(['materialize', strategy.ref, ...rangeOf(strategy)]);
}

/** The report of one more run, without showing it. */
async function report(strategy) {
  return JSON.parse(
    await seamless(['materialize', strategy.ref, ...rangeOf(strategy), '--json'], { capture: true }),
  );
}

async function timed(work) {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

async function prepare() {
  await rm(join(ROOT, '.demo'), { recursive: true, force: true });
  await mkdir(dirname(SAMPLE), { recursive: true });
  await cp(join(ROOT, 'media', 'sample'), SAMPLE, {
    recursive: true,
    filter: (source) => !source.endsWith('.seamless') && !source.endsWith('node_modules'),
  });
}

async function editOneNode() {
  const path = join(SAMPLE, EDIT.file);
  const text = await readFile(path, 'utf8');
  if (!text.includes(EDIT.from)) throw new Error(`${EDIT.file} has no line "${EDIT.from}" any more.`);
  await writeFile(path, text.replace(EDIT.from, EDIT.to));
}

await prepare();
console.log('1. Both sample strategies, for the first time');
const cold = [];
for (const strategy of [SP, PAIR]) cold.push(await timed(() => materialize(strategy)));

console.log('\n2. The same again: nothing is computed');
for (const [index, strategy] of [SP, PAIR].entries()) {
  let again;
  const seconds = await timed(async () => (again = await report(strategy)));
  const { hits, nodeCount, computed } = again;
  console.log(
    `   ${again.strategy}: ${hits} of ${nodeCount} nodes from the cache, ${computed} computed · ` +
      `first ${cold[index].toFixed(1)} s, now ${seconds.toFixed(1)} s, start-up included`,
  );
}

console.log(`\n3. One parameter edited in the copy: ${EDIT.from} → ${EDIT.to}`);
await editOneNode();
const edited = await report(PAIR);
const names = (state) => edited.nodes.filter((node) => node.state === state).map(({ name }) => name);
console.log(`   computed:       ${names('computed').join(', ')}`);
console.log(`   from the cache: ${[...names('hit'), ...names('reused')].join(', ')}`);

console.log('\n4. A backtest over the history that is there: no node is computed again');
console.log(`\n$ seamless run ${SP.ref} --world sp-backtest`);
const backtest = await seamless(['run', SP.ref, '--world', 'sp-backtest'], { capture: true });
console.log(backtest.slice(backtest.lastIndexOf('\nSpTrend in ')));
const [, backtestRun = ''] = /\nrun (\S+)\n/.exec(backtest) ?? [];

const folder = relative(process.cwd(), SAMPLE) || '.';
console.log(`
Where to look
   the strategies   ${join(folder, 'strategies')}
   the cache        ${join(folder, '.seamless', 'cache.duckdb')}
   its content      cd ${folder} && node ${relative(SAMPLE, CLI)} status ${PAIR.ref}
   the backtest     cd ${folder} && node ${relative(SAMPLE, CLI)} report ${backtestRun} --html
   a node as a file cd ${folder} && node ${relative(SAMPLE, CLI)} export ${PAIR.ref} decision --out decision.csv`);
