import type { SourceNote } from '../ports/source-note.js';

/** Times that `snap` puts right: of a row by itself, so that rows that were added leave the count of those before as it was. */
export const ROUNDED = 'times rounded, as snap says';

/** Whether all that was repaired was so row by row. */
export function areByRow(notes: readonly SourceNote[]): boolean {
  return notes.every(({ what }) => what === ROUNDED);
}

/** What was repaired in two readings of one source, together. */
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

/** The same in a sentence for each kind, as `3 rows off the grid left out, the first 2024-01-02.` Empty where there is none. */
export function notesText(notes: readonly SourceNote[]): string {
  const texts = notes.map(({ what, count, example }) => {
    const first = example === null ? '' : count === 1 ? `: ${example}` : `, the first: ${example}`;
    return `${count.toLocaleString('en-US')} ${what}${first}.`;
  });
  return texts.join(' ');
}
