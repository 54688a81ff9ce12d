import { Worker } from 'node:worker_threads';

const WATCH = `
const { workerData: parent } = require('node:worker_threads');
const gone = () => {
  if (process.ppid !== parent) return true;
  try { process.kill(parent, 0); return false; } catch (error) { return error.code === 'ESRCH'; }
};
setInterval(() => { if (gone()) process.kill(process.pid, 'SIGKILL'); }, 500);
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
  new Worker(WATCH, { eval: true, execArgv: [], env: {}, workerData: PARENT }).unref();
}
