import { Worker } from 'node:worker_threads';

const WATCH = `
const parent = process.ppid;
const gone = () => {
  if (process.ppid !== parent) return true;
  try { process.kill(parent, 0); return false; } catch (error) { return error.code === 'ESRCH'; }
};
setInterval(() => { if (gone()) process.kill(process.pid, 'SIGKILL'); }, 500);
`;

/**
 * Ends this process when its parent is gone, even while strategy code loops for ever: the main thread then hears of
 * nothing, so a thread of its own looks.
 */
export function endWithParent(): void {
  new Worker(WATCH, { eval: true, execArgv: [], env: {} }).unref();
}
