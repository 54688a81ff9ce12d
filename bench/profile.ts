import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A frame of V8's CPU profile. */
interface Frame {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly Frame[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const IDLE = new Set(['(idle)', '(program)']);

/**
 * The share of a process's busy time spent in functions that `counts` names, and in what they call. Takes the process's profile from a
 * folder, and removes the folder. @throws Error when the samples do not contain a single one of them.
 */
export async function shareOf(
  folder: string,
  counts: (frame: { readonly name: string; readonly url: string }) => boolean,
): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  await rm(folder, { recursive: true });
  // A thread of the process may have left one too: the longest is of its main thread.
  const longest = texts.reduce((a, b) => (a.length >= b.length ? a : b), '');
  const { nodes, samples, timeDeltas } = JSON.parse(longest) as Profile;
  const inside = new Set<number>();
  const idle = new Set<number>();
  // A parent comes before its children.
  for (const { id, callFrame, children = [] } of nodes) {
    if (counts({ name: callFrame.functionName, url: callFrame.url })) inside.add(id);
    if (IDLE.has(callFrame.functionName)) idle.add(id);
    if (inside.has(id)) for (const child of children) inside.add(child);
  }
  const timeOf = (keep: (id: number) => boolean): number =>
    samples.reduce((sum, id, at) => sum + (keep(id) ? (timeDeltas[at] ?? 0) : 0), 0);
  const share = timeOf((id) => inside.has(id)) / timeOf((id) => !idle.has(id));
  if (!(share > 0)) throw new Error('The profile has none of the functions that the bench looks for.');
  return share;
}
