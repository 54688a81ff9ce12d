// What a cache that can be trusted costs: fingerprints, hits, digests and probes, each against its aim.
import { copyFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { JobClient } from '../src/client/job-client.js';
import { LASTING_FLAGS } from '../src/client/fork.js';
import { measure, median } from './measure.js';
import { PROJECT, START, writeProject, YEAR_END } from './project.js';
import { shareOf } from './profile.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(HERE);
const CHILD = join(ROOT, 'dist/child.js');
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const YEAR = { file: join(PROJECT, 'year.ts'), className: 'Year', projectRoot: PROJECT };
const RANGE = { start: START, end: YEAR_END };

interface Loaded {
  readonly fingerprints: number;
  readonly processor: number;
}
interface Fingerprinted {
  readonly cold: Loaded;
  readonly edited: Loaded;
  readonly changed: number;
}

/** The process that times fingerprints, built as the child is: with the SDK in a file of its own. */
async function buildTimer(): Promise<string> {
  const outdir = join(PROJECT, 'dist');
  await build({
    entryPoints: {
      index: join(ROOT, 'src/index.ts'),
      fingerprints: join(HERE, 'fingerprints.ts'),
    },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['@duckdb/node-bindings', 'esbuild'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  return join(outdir, 'fingerprints.js');
}

/** Fingerprints in a fresh process, and in the same one after an edit: the medians of some rounds. */
async function fingerprinted(
  timer: string,
  strategy: string,
  edit: readonly [string, string],
): Promise<Fingerprinted> {
  const rounds: Fingerprinted[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await fingerprintedOnce(timer, strategy, edit));
  const of = (which: 'cold' | 'edited', what: keyof Loaded): number =>
    median(rounds.map((each) => each[which][what]));
  const loaded = (which: 'cold' | 'edited'): Loaded => ({
    fingerprints: of(which, 'fingerprints'),
    processor: of(which, 'processor'),
  });
  return { cold: loaded('cold'), edited: loaded('edited'), changed: rounds[0]?.changed ?? 0 };
}

async function fingerprintedOnce(
  timer: string,
  strategy: string,
  edit: readonly [string, string],
): Promise<Fingerprinted> {
  const file = join(PROJECT, `${strategy.toLowerCase()}.ts`);
  await copyFile(join(HERE, 'strategy', `${strategy.toLowerCase()}.ts`), file);
  const { stdout } = await measure(
    process.execPath,
    [...LASTING_FLAGS, timer, file, strategy, ...edit],
    PROJECT,
  );
  const found = JSON.parse(stdout) as Fingerprinted;
  if (found.changed === 0) throw new Error(`An edit to ${file} changed no fingerprint.`);
  return found;
}

/** A cold run of the year in milliseconds, and the share of it that goes into digests, probes and guards. */
async function cold(): Promise<{ ms: number; checks: number }> {
  await rm(join(PROJECT, '.seamless'), { recursive: true, force: true });
  const profiles = join(PROJECT, 'profile');
  const client = JobClient.start({
    childPath: CHILD,
    execArgv: ['--cpu-prof', `--cpu-prof-dir=${profiles}`],
  });
  await client.started;
  const started = performance.now();
  await client.request('materialize', { strategy: YEAR, ...RANGE });
  const ms = performance.now() - started;
  await client.dispose();
  const checks = await shareOf(
    profiles,
    ({ name, url }) =>
      ['tableDigest', 'tableDigests', 'probe', 'changed', 'sealOf'].includes(name) ||
      url === 'node:internal/crypto/hash',
  );
  return { ms, checks };
}

async function warmHits(): Promise<number[]> {
  const client = JobClient.start({ childPath: CHILD, lasting: true });
  try {
    const times: number[] = [];
    for (let round = 0; round < 4 * ROUNDS; round++) {
      const started = performance.now();
      const { hits } = await client.request('materialize', { strategy: YEAR, ...RANGE });
      if (hits !== 21) throw new Error(`The bench expected 21 hits, but there were ${hits}.`);
      times.push(performance.now() - started);
    }
    return times.slice(ROUNDS);
  } finally {
    await client.dispose();
  }
}

/** Hits from a terminal, in turns with the start of Node alone: what counts on a busy machine is the ratio. */
async function terminalHits(): Promise<{ hit: number; node: number }> {
  const hits: number[] = [];
  const starts: number[] = [];
  const range = ['--start', String(RANGE.start), '--end', String(RANGE.end)];
  // Node 20 reads these at each start, for 50 ms: a matter of the machine.
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: '' };
  for (let round = 0; round < ROUNDS; round++) {
    const strategy = `${YEAR.file}#${YEAR.className}`;
    const hit = await measure(join(ROOT, 'bin/seamless'), ['materialize', strategy, ...range], PROJECT, env);
    hits.push(hit.seconds * 1000);
    starts.push((await measure(process.execPath, ['-e', '0'], PROJECT, env)).seconds * 1000);
  }
  return { hit: median(hits), node: median(starts) };
}

const ms = (value: number): string => `${value < 100 ? value.toFixed(1) : value.toFixed(0)} ms`;

await writeProject();
const timer = await buildTimer();
const small = await fingerprinted(timer, 'Year', ['- 1;', '- 1.5;']);
const wide = await fingerprinted(timer, 'Wide', ['- n,', '- n * 2,']);
await copyFile(join(HERE, 'strategy/year.ts'), YEAR.file);
const first = await cold();
const warm = median(await warmHits());
const terminal = await terminalHits();

const row = (value: number, aim: number, also = ''): Record<string, string> => ({
  measured: ms(value),
  'of a cold run': `${((value / first.ms) * 100).toFixed(1)} %`,
  aim: `< ${aim} ms`,
  met: value < aim ? 'yes' : 'no',
  also,
});
const processor = ({ processor: used }: Loaded): string => `${ms(used)} of processor time`;
console.log(
  `What trust costs, medians of ${ROUNDS} rounds on ${process.platform}-${process.arch}, Node ${process.version}; a cold year takes ${ms(first.ms)}, Node alone starts in ${ms(terminal.node)}`,
);
console.table({
  'fingerprints of 20 nodes, first load': row(small.cold.fingerprints, 20, processor(small.cold)),
  'fingerprints of 20 nodes, after an edit': row(small.edited.fingerprints, 20, processor(small.edited)),
  'fingerprints of 10 000 nodes, first load': row(wide.cold.fingerprints, 3000, processor(wide.cold)),
  'fingerprints of 10 000 nodes, after an edit': row(wide.edited.fingerprints, 300, processor(wide.edited)),
  'a hit, warm child': row(warm, 30),
  'a hit, cold terminal': row(
    terminal.hit,
    400,
    `${(terminal.hit / terminal.node).toFixed(1)} × the start of Node`,
  ),
  'digests, probes and guards': {
    measured: ms(first.checks * first.ms),
    'of a cold run': `${(first.checks * 100).toFixed(1)} %`,
    aim: '< 15 %',
    met: first.checks < 0.15 ? 'yes' : 'no',
    also: 'of the child’s busy time',
  },
});
