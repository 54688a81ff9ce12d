import { Worker } from 'node:worker_threads';

import { stuckLine, type Stuck } from '../protocol/stuck.js';

/** How often the thread looks. */
const LOOK_MS = 250;

/** Looks in a row at which the author's code did next to nothing, after which it waits for what never comes: half a minute. */
const IDLE_LOOKS = 120;

/** A look at which the process took less processor time than this, in milliseconds, is one at which it waited. */
const IDLE_MS = 5;

const KINDS: readonly Stuck['what'][] = ['setup', 'provider'];

/** Cells that both threads see: the limit in milliseconds of processor time (0: none), its beginning, and which of `KINDS`. */
const cells = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
const [LIMIT, BEGAN, KIND] = [0, 1, 2] as const;

/** Stands for the seconds of the limit, which the thread knows when it writes. */
const SECONDS = '{s}';

/** The line of each kind, as the thread writes it. */
function linesOf(how: Stuck['how']): string[] {
  const seconds = how === 'wait' ? (IDLE_LOOKS * LOOK_MS) / 1000 : SECONDS;
  return KINDS.map((what) => stuckLine({ what, how, seconds }));
}

/*
 * Processor time is that of the process: while the author's code is at work, nothing else of it is. So a machine with much to do, or
 * a file that takes long to read, is not taken for a loop.
 */
const WATCH = `
const { writeSync } = require('node:fs');
const { workerData: { parent, cells, loops, waits } } = require('node:worker_threads');
const gone = () => {
  if (process.ppid !== parent) return true;
  try { process.kill(parent, 0); return false; } catch (error) { return error.code === 'ESRCH'; }
};
const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const end = (line) => { if (line) writeSync(2, line + '\\n'); process.kill(process.pid, 'SIGKILL'); };
let [before, idle, last] = [used(), 0, 0];
setInterval(() => {
  if (gone()) end();
  const now = used();
  const [limit, began, kind] = [0, 1, 2].map((cell) => Atomics.load(cells, cell));
  idle = limit > 0 && began === last && now - before < ${IDLE_MS} ? idle + 1 : 0;
  [before, last] = [now, began];
  if (limit > 0 && now - began > limit) end(loops[kind].replace('${SECONDS}', Math.round(limit / 1000)));
  if (idle >= ${IDLE_LOOKS}) end(waits[kind]);
}, ${LOOK_MS});
`;

/** As this process began: later it may be another that took it over. */
const PARENT = process.ppid;

let watching = false;

/**
 * Ends this process when its parent is gone, even while strategy code loops for ever: the main thread then hears of
 * nothing, so a thread of its own looks. Called again it does nothing.
 */
export function endWithParent(): void {
  if (watching) return;
  watching = true;
  const workerData = { parent: PARENT, cells, loops: linesOf('loop'), waits: linesOf('wait') };
  new Worker(WATCH, { eval: true, execArgv: [], env: {}, workerData }).unref();
}

/**
 * Runs code of the author's, and ends this process with a line that says why (see `stuckError`) when that takes more processor time
 * than the limit, or does nothing for half a minute. `endWithParent` starts what looks.
 * @param limitMs milliseconds of processor time; undefined: no limit, nor one on waiting
 */
export async function limited<T>(
  limitMs: number | undefined,
  what: Stuck['what'],
  work: () => T | Promise<T>,
): Promise<T> {
  if (limitMs === undefined) return work();
  const { user, system } = process.cpuUsage();
  Atomics.store(cells, KIND, KINDS.indexOf(what));
  Atomics.store(cells, BEGAN, Math.round((user + system) / 1000));
  Atomics.store(cells, LIMIT, Math.max(1, Math.round(limitMs)));
  try {
    return await work();
  } finally {
    Atomics.store(cells, LIMIT, 0);
  }
}
