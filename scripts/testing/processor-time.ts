import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in these parts of a second. */
const TICKS_A_SECOND = 100;

/** What ends between two looks is known as of the first of them. */
const LOOK_MS = 1000;

/** What the system says of a process: times in ticks. */
export interface Look {
  readonly pid: number;
  readonly parent: number;
  /** When it began: a number of a process may be given again. */
  readonly began: number;
  readonly own: number;
  /** Of those that it has waited for, with all that those have waited for. */
  readonly waited: number;
}

/**
 * Adds up the processor time of a process and of all that descend from it. The system adds the time of a process to its parent's
 * once that has waited for it. Nobody waits for a process whose parent ended first, as when a browser or a server is stopped with
 * all that it started: its time is kept here, as last seen. The sum never falls.
 */
export class ProcessorTime {
  #seen = new Map<number, Look>();
  #lost = 0;

  constructor(private readonly ancestor: number) {}

  /** Seconds so far. @param all every process there is, of which those that do not belong to it are passed over */
  add(all: readonly Look[]): number {
    const before = this.#seen;
    const now = this.#family(all);
    const vanished = new Map<number, number>();
    for (const [pid, look] of before) {
      if (now.get(pid)?.began === look.began) continue;
      const heir = this.#heirOf(look, now);
      if (heir === null) this.#lost += look.own + look.waited;
      else vanished.set(heir, (vanished.get(heir) ?? 0) + look.own + look.waited);
    }
    for (const [heir, ticks] of vanished) {
      const inherited = (now.get(heir)?.waited ?? 0) - (before.get(heir)?.waited ?? 0);
      this.#lost += Math.max(0, ticks - inherited);
    }
    this.#seen = now;
    let sum = this.#lost;
    for (const { own, waited } of now.values()) sum += own + waited;
    return sum / TICKS_A_SECOND;
  }

  /** The processes that descend from the ancestor, those that lost their parents included. */
  #family(all: readonly Look[]): Map<number, Look> {
    const known = (look: Look): boolean => this.#seen.get(look.pid)?.began === look.began;
    const family = new Map(all.filter((each) => each.pid === this.ancestor || known(each)).map(withPid));
    for (let before = -1; before !== family.size;) {
      before = family.size;
      for (const each of all) if (family.has(each.parent)) family.set(each.pid, each);
    }
    return family;
  }

  /** The nearest of its ancestors that still runs; null for one that had lost its parent. */
  #heirOf({ parent }: Look, now: ReadonlyMap<number, Look>): number | null {
    const before = this.#seen.get(parent);
    if (!before) return null;
    return now.get(parent)?.began === before.began ? parent : this.#heirOf(before, now);
  }
}

const withPid = (look: Look): [number, Look] => [look.pid, look];

/** All processes there are, ended ones that nobody has waited for yet included. Empty where there is no /proc. */
function look(): Look[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.filter((name) => /^\d+$/.test(name)).flatMap((name) => lookAt(Number(name)) ?? []);
}

function lookAt(pid: number): Look | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold spaces.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const at = (field: number): number => fields[field] ?? 0;
    return { pid, parent: at(1), began: at(19), own: at(11) + at(12), waited: at(13) + at(14) };
  } catch {
    // It ended while it was looked at.
    return null;
  }
}

let time: ProcessorTime | undefined;

/**
 * Seconds of processor time that this process took, with all that descend from it, whether they run or have ended. From the first
 * call on it is looked at every second.
 */
export function processorSeconds(): number {
  if (!time) {
    const begun = new ProcessorTime(process.pid);
    time = begun;
    setInterval(() => begun.add(look()), LOOK_MS).unref();
  }
  return time.add(look());
}
