import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { isAlive } from '../../sdk/is-alive.js';

/**
 * A name has one owner at a time, across processes, even if owners die. Each owner takes the next number: a folder `.NAME.lock-N` that is
 * moved into place with its contents, which only one process can do. The highest number counts, and is never removed: an owner that gives
 * the name back leaves the folder without an owner.
 */

const ownerShape = v.object({
  /** Who has it; null: it was given back. */
  owner: v.nullable(v.string()),
  pid: v.number(),
  /** When the process started, as the system says it; null: the system does not say. A later process may have the same number. */
  started: v.nullable(v.string()),
});

type Owner = v.InferOutput<typeof ownerShape>;

let drafts = 0;

/**
 * Takes a name.
 * @returns what gives it back; or who has it
 * @throws Error of the file system when nothing can be written
 */
export function takeLock(
  folder: string,
  name: string,
  owner: string,
): (() => void) | { readonly heldBy: string } {
  mkdirSync(folder, { recursive: true });
  for (;;) {
    const before = highest(folder, name);
    const holder = before > 0 ? holderOf(folder, name, before) : null;
    if (holder !== null) return { heldBy: holder };
    const mine = before + 1;
    if (!create(folder, name, mine, { owner, pid: process.pid, started: startOf(process.pid) })) continue;
    // A slow process may take a number that was removed meanwhile: a higher one counts.
    if (highest(folder, name) !== mine) {
      removeOld(folder, name, mine);
      continue;
    }
    for (const number of numbersOf(folder, name)) if (number < mine) removeOld(folder, name, number);
    return () => write(pathOf(folder, name, mine), { owner: null, pid: process.pid, started: null });
  }
}

/** Removes a number that does not count. */
function removeOld(folder: string, name: string, number: number): void {
  try {
    rmSync(pathOf(folder, name, number), { recursive: true, force: true });
  } catch {
    // A slow process has just moved its folder there. That process removes it, or the next owner does.
  }
}

/** Who has a name now; null: nobody. */
export function lockHolder(folder: string, name: string): string | null {
  const number = highest(folder, name);
  return number > 0 ? holderOf(folder, name, number) : null;
}

/** Removes what is left of a name that nobody will take again. */
export function removeLock(folder: string, name: string): void {
  for (const number of numbersOf(folder, name))
    rmSync(pathOf(folder, name, number), { recursive: true, force: true });
}

function pathOf(folder: string, name: string, number: number): string {
  return join(folder, `.${name}.lock-${number}`);
}

function numbersOf(folder: string, name: string): number[] {
  const prefix = `.${name}.lock-`;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((each) => {
    const rest = each.startsWith(prefix) ? each.slice(prefix.length) : '';
    return /^\d+$/.test(rest) ? Number(rest) : [];
  });
}

function highest(folder: string, name: string): number {
  return Math.max(0, ...numbersOf(folder, name));
}

/** False: another process has that number. */
function create(folder: string, name: string, number: number, owner: Owner): boolean {
  const draft = join(folder, `.${name}.draft-${process.pid}-${++drafts}`);
  try {
    mkdirSync(draft);
    write(draft, owner);
    renameSync(draft, pathOf(folder, name, number));
    return true;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // A folder that is not empty cannot be moved over. Systems report that differently, and it may be gone again by now.
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || highest(folder, name) >= number) return false;
    throw error;
  }
}

/** Readers see all of it or nothing. */
function write(lock: string, owner: Owner): void {
  const draft = join(lock, `owner-${process.pid}.draft`);
  writeFileSync(draft, JSON.stringify(owner));
  renameSync(draft, join(lock, 'owner.json'));
}

function holderOf(folder: string, name: string, number: number): string | null {
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(join(pathOf(folder, name, number), 'owner.json'), 'utf8'));
  } catch {
    // It was removed since: a higher number counts.
    return null;
  }
  if (!v.is(ownerShape, found)) return null;
  const { owner, pid, started } = found;
  if (!isAlive(pid)) return null;
  const now = startOf(pid);
  return started === null || now === null || now === started ? owner : null;
}

/** When a process started, in a form that only serves to be compared. Null: the system does not say. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may contain anything. The start is the 22nd field, the 20th after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Dead, but its parent has not asked for its exit code yet.
    if (fields[0] === 'Z') return 'ended';
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return fields[19] === undefined ? null : `${boot} ${fields[19]}`;
  } catch {
    return null;
  }
}
