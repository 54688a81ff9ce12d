import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Running {
  readonly pid: number;
  readonly parent: number;
  /** Program and arguments, shortened. */
  readonly command: string;
}

/** Linux counts processor time in these parts of a second. */
const TICKS_A_SECOND = 100;

/** All processes that descend from one, the youngest last. Empty where there is no /proc. */
export function childrenOf(ancestor: number): Running[] {
  const all = allProcesses();
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

function runningOf(pid: number): Running | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    // It has ended and is only waited for.
    if (command === '') return null;
    const parent = Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]);
    return { pid, parent, command: command.length > 200 ? `${command.slice(0, 200)}…` : command };
  } catch {
    // It ended while it was looked at.
    return null;
  }
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

/** Seconds of processor time that this process took, and those of its children that it has waited for. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + childSeconds();
}

function childSeconds(): number {
  try {
    const text = readFileSync('/proc/self/stat', 'utf8');
    // The name of the program, in brackets, may hold spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) / TICKS_A_SECOND;
  } catch {
    return 0;
  }
}
