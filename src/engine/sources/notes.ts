import type { SourceNote } from '../ports/source-note.js';

/** Repairs by `snap` affect single rows, so added rows do not change the count of earlier ones. */
export const ROUNDED = 'times rounded, as snap says';

/** Whether all repairs were of single rows. */
export function areByRow(notes: readonly SourceNote[]): boolean {
  return notes.every(({ what }) => what === ROUNDED);
}

/** Repairs of two reads of one source, combined. */
export function addNotes(
  earlier: readonly SourceNote[],
  later: readonly SourceNote[],
): readonly SourceNote[] {
  const all = new Map(earlier.map((note) => [note.what, note]));
  for (const note of later) {
    const known = all.get(note.what);
    all.set(note.what, known ? { ...known, count: known.count + note.count } : note);
  }
  return [...all.values()];
}

/** The same in a sentence per kind, such as `3 rows off the grid left out, the first 2024-01-02.` Empty: none. */
export function notesText(notes: readonly SourceNote[]): string {
  const texts = notes.map(({ what, count, example }) => {
    const first = example === null ? '' : count === 1 ? `: ${example}` : `, the first: ${example}`;
    return `${count.toLocaleString('en-US')} ${what}${first}.`;
  });
  return texts.join(' ');
}
