import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf, named, runningOf, type Running } from '../../../scripts/testing/processes.js';

/** Resolves once a process has ended; throws an Error that names it when it has not after `limitMs`. */
export async function waitForNoProcess(pid: number, limitMs = 600_000): Promise<void> {
  const late = performance.now() + limitMs;
  for (let running = runningOf(pid); running !== null; running = runningOf(pid)) {
    if (performance.now() > late) throw new Error(`Process ${named(running)} still runs.`);
    await sleep(25);
  }
}

/** The children that run strategies for windows of an editor's server, or in its terminals. */
export function strategyProcesses(server: number): Running[] {
  return childrenOf(server).filter(({ command }) => command.includes('dist/child.js'));
}
