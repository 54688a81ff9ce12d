import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Its program and arguments; empty for one that has ended and was not yet waited for. */
  readonly command: string;
}

/** Whether a process runs: one that has ended and was not yet waited for does not. */
export async function isRunning(pid: number): Promise<boolean> {
  return ((await processOf(pid))?.command ?? '') !== '';
}

/** Resolves once a process has ended; throws an Error that names it when it has not after `limitMs`. */
export async function waitForNoProcess(pid: number, limitMs = 600_000): Promise<void> {
  const late = Date.now() + limitMs;
  while (await isRunning(pid)) {
    if (Date.now() > late)
      throw new Error(`Process ${pid} still runs: ${(await processOf(pid))?.command ?? ''}`);
    await sleep(25);
  }
}

/** Ids of the processes that descend from `ancestor` and whose command line holds `text`. */
export async function descendants(ancestor: number, text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = (await Promise.all(pids.map(processOf))).filter((each) => each !== undefined);
  const family = new Set([ancestor]);
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter(({ pid, command }) => family.has(pid) && command.includes(text)).map(({ pid }) => pid);
}

async function processOf(pid: number): Promise<Process | undefined> {
  try {
    const [status, command] = await Promise.all([
      readFile(`/proc/${pid}/status`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    const parent = Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]);
    return { pid, parent, command: command.replaceAll('\0', ' ').trim() };
  } catch (error) {
    // It ended while it was looked at.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
