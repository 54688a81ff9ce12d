// `npm run torture`: 500 kills and 50 rounds of many processes, and 100 kills of runs of the Core Loop. What it came to is kept: when it is ended, or its minutes are over,
// the same command goes on. `--seed`, `--kills`, `--rounds`, `--minutes`, `--new`; `--only kills`, `crowd`, `runs`, `strategies` or `broker`, also several
// times, for parts of it; `SEAMLESS_CASES` for another number of random strategies or of runs.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crowdAgainAndAgain } from './crowd.js';
import { killAgainAndAgain } from './kills.js';
import { killTable, loadRecord, roundTable, saveRecord, type TortureRecord } from './record.js';

const FILE = join(import.meta.dirname, '../../.test-tmp/torture.json');

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    kills: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '50' },
    minutes: { type: 'string', default: '40' },
    new: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
  },
});

/** Kills of runs of the Core Loop, and of live ones with their broker, as the suites have them at night. */
const LOOP: Readonly<Record<string, string>> = {
  runs: 'test/live/kills/kills.test.ts',
  strategies: 'test/live/kills/any-strategy.test.ts',
  broker: 'test/live/broker/broker.test.ts',
};
const PARTS = ['kills', 'crowd', ...Object.keys(LOOP)];
const parts = values.only ?? PARTS;
const unknown = parts.filter((part) => !PARTS.includes(part));
if (unknown.length > 0)
  throw new Error(`There is no part ${unknown.join(', ')}: there is ${PARTS.join(', ')}.`);

const known = values.new ? null : loadRecord(FILE, values.seed ?? null);
const record: TortureRecord = known ?? {
  seed: values.seed ?? String(Date.now() % 1_000_000),
  lives: 0,
  kills: [],
  faults: [],
  rounds: [],
  seconds: 0,
};
console.log(`seed ${record.seed}, ${record.kills.length} kills and ${record.rounds.length} rounds before`);
const started = Date.now();
const before = record.seconds;
const until = started + Number(values.minutes) * 60_000;

function save(): void {
  record.seconds = before + (Date.now() - started) / 1000;
  saveRecord(FILE, record);
}

if (parts.includes('kills')) {
  await killAgainAndAgain({
    seed: record.seed,
    kills: Number(values.kills),
    firstLife: record.lives,
    until,
    onLife: (life, kills, faults) => {
      record.lives = life + 1;
      record.kills.push(...kills);
      for (const { aim, instant, phase, faults: own } of kills) {
        const at = `${instant.delayMs.toFixed(1)} ms into ${aim} ${instant.nth}`;
        record.faults.push(...own.map((fault) => `life ${life}, ${at}, killed in ${phase}: ${fault}`));
      }
      record.faults.push(...faults.map((fault) => `life ${life}, completed: ${fault}`));
      save();
      console.log(`${record.kills.length} kills: ${kills.map(({ phase }) => phase).join(', ')}`);
    },
  });
}

if (parts.includes('crowd')) {
  await crowdAgainAndAgain({
    seed: record.seed,
    rounds: Number(values.rounds),
    firstRound: record.rounds.length,
    until,
    onRound: (index, round) => {
      record.rounds.push(round);
      record.faults.push(...round.faults.map((fault) => `round ${index}: ${fault}`));
      save();
      console.log(
        `${record.rounds.length} rounds: ${round.waits} waits, ${Math.round(round.takeoverMs)} ms to take over`,
      );
    },
  });
}

const mocha = join(import.meta.dirname, '../../node_modules/mocha/bin/mocha.js');
const suites = parts.flatMap((part) => LOOP[part] ?? []);
if (suites.length > 0) {
  const loop = spawnSync(
    process.execPath,
    [mocha, '--no-config', '--node-option', 'import=tsx', '--timeout', '3600000', ...suites],
    { stdio: 'inherit', env: { ...process.env, SEAMLESS_PROFILE: 'nightly', SEAMLESS_SEED: record.seed } },
  );
  if (loop.status !== 0) record.faults.push('runs of the Core Loop: see above');
}

console.log(`\nseed ${record.seed}, ${Math.round(record.seconds)} s\n`);
if (parts.includes('kills')) console.log(`${killTable(record.kills)}\n`);
if (parts.includes('crowd')) console.log(`${roundTable(record.rounds)}\n`);
for (const fault of record.faults) console.log(`fault: ${fault}`);
const fewKills = parts.includes('kills') && record.kills.length < Number(values.kills);
const fewRounds = parts.includes('crowd') && record.rounds.length < Number(values.rounds);
if (fewKills || fewRounds) {
  console.log('Time was up: the same command goes on.');
}
if (record.faults.length > 0) process.exitCode = 1;
