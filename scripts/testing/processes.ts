import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export { processorSeconds } from './processor-time.js';

export interface Running {
  readonly pid: number;
  readonly parent: number;
  /** Program and arguments. */
  readonly command: string;
}

/**
 * All processes that descend from one, the youngest last. Empty where there is no /proc.
 * @param isLeftOut by the command, of a process that does not count, nor does what descends from it
 */
export function childrenOf(
  ancestor: number,
  isLeftOut: (command: string) => boolean = () => false,
): Running[] {
  const all = allProcesses().filter(({ command }) => !isLeftOut(command));
  const family = new Set([ancestor]);
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  family.delete(ancestor);
  return all.filter(({ pid }) => family.has(pid)).sort((a, b) => a.pid - b.pid);
}

function allProcesses(): Running[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.filter((name) => /^\d+$/.test(name)).flatMap((name) => runningOf(Number(name)) ?? []);
}

/** A process while it runs: one that has ended and was not yet waited for does not. */
export function runningOf(pid: number): Running | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    // It has ended and is only waited for.
    if (command === '') return null;
    const parent = Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]);
    return { pid, parent, command };
  } catch {
    // It ended while it was looked at.
    return null;
  }
}

/** A process as a message names it. */
export function named({ pid, command }: Running): string {
  return `${pid} (${command.length > 200 ? `${command.slice(0, 200)}…` : command})`;
}

/** Ends processes at once, those that have ended meanwhile passed over. */
export function endProcesses(processes: readonly Running[]): void {
  for (const { pid } of processes.toReversed()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Waits until nothing is found any more; gives what is still there when patience ends. */
export async function settled<T>(find: () => readonly T[], patienceMs: number): Promise<readonly T[]> {
  const late = performance.now() + patienceMs;
  let found = find();
  while (found.length > 0 && performance.now() < late) {
    await sleep(50);
    found = find();
  }
  return found;
}
