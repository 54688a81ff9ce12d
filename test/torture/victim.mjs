/*
 * Preloaded into the child as it is shipped: follows the phase of its work, and kills it -9 at an instant that was asked for, from
 * a thread of its own, so that no phase is safe. Where no instant is asked for, it measures the phases.
 */
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

const asked = new URL(import.meta.url).searchParams;
const PHASES = JSON.parse(asked.get('phases'));
const plan = JSON.parse(asked.get('plan'));
const log = asked.get('log');

/** As they are before the compute-only context refuses them. */
const clock = performance.now.bind(performance);
const append = appendFileSync;

/** Shared with the killer: the phase, and whether its time runs. */
const state = new Int32Array(new SharedArrayBuffer(12));
const [PHASE, ARMED] = [0, 1];

const killer = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { openSync, writeSync } = require('node:fs');
  const { state, log, delayMs, phases } = workerData;
  const file = openSync(log, 'a');
  parentPort.postMessage('ready');
  Atomics.wait(state, 1, 0);
  Atomics.wait(state, 2, 0, delayMs);
  writeSync(file, phases[Atomics.load(state, 0)]);
  process.kill(process.pid, 'SIGKILL');
`;

const durations = PHASES.map(() => 0);
const entries = PHASES.map(() => 0);
let since = clock();
let base = 'start';
/** A statement's phase is above that of the work it belongs to, which may go on meanwhile. */
let above = null;
let current = null;

function follow() {
  const phase = above ?? base;
  if (phase === current) return;
  const now = clock();
  if (current !== null) durations[PHASES.indexOf(current)] += now - since;
  since = now;
  current = phase;
  const index = PHASES.indexOf(phase);
  entries[index] += 1;
  Atomics.store(state, PHASE, index);
  if (plan?.phase !== phase || entries[index] !== plan.nth) return;
  Atomics.store(state, ARMED, 1);
  Atomics.notify(state, ARMED);
}

function work(phase) {
  base = phase;
  follow();
}

if (plan) {
  const worker = new Worker(killer, {
    eval: true,
    workerData: { state, log, delayMs: plan.delayMs, phases: PHASES },
    execArgv: [],
  });
  await new Promise((ready) => worker.once('message', ready));
  worker.unref();
}
follow();

const require = createRequire(asked.get('child'));
const path = require.resolve('@duckdb/node-bindings');
const real = require(path);
/** Stands in for the bindings, whose own functions cannot be replaced. */
const bindings = Object.create(real);
require.cache[path].exports = bindings;

function replace(name, value) {
  Object.defineProperty(bindings, name, { value });
}

function phaseOf(sql) {
  if (/^\s*BEGIN;/.test(sql)) return 'opening';
  if (/^BEGIN/.test(sql)) return 'commit';
  if (/^CHECKPOINT/.test(sql)) return 'checkpoint';
  return null;
}

replace('query', async (connection, sql) => {
  if (base === 'bundling') work('opening');
  const phase = base === 'clean-up' ? null : phaseOf(sql);
  if (phase !== null) above = phase;
  follow();
  try {
    return await real.query(connection, sql);
  } finally {
    if ((phase !== null && phase !== 'commit') || /^(?:COMMIT|ROLLBACK)/.test(sql)) above = null;
    follow();
  }
});

for (const name of ['disconnect_sync', 'close_sync']) {
  replace(name, (handle) => {
    if (base === 'idle') work('close');
    return real[name](handle);
  });
}

const send = process.send.bind(process);
process.send = (message, ...rest) => {
  if (message?.type === 'progress' && base !== 'clean-up') {
    const { phase } = message.progress;
    if (phase === 'reading') work('source read');
    else if (phase === 'computing') work('compute');
  }
  const sent = send(message, ...rest);
  if (message?.type === 'result' || message?.type === 'error') work('idle');
  return sent;
};
process.on('message', (message) => {
  if (message?.type === 'request') work(message.kind === 'cache' ? 'clean-up' : 'bundling');
});
process.on('disconnect', () => work('close'));
process.on('exit', () => {
  if (plan) return;
  current = null;
  const now = clock();
  durations[PHASES.indexOf(base)] += now - since;
  append(log, JSON.stringify({ durations, entries }));
});
