interface Placed {
  readonly className: string;
  readonly line: number;
}

/**
 * The new name of a renamed class, if that is the only change to a file's classes: one is gone, one is new, at the same position.
 * Else null.
 */
export function renamedIn(
  before: readonly Placed[],
  after: readonly Placed[],
): { readonly from: string; readonly to: string } | null {
  if (before.length !== after.length) return null;
  const [old, now] = [ordered(before), ordered(after)];
  const changed = old.flatMap((from, index) => (from === now[index] ? [] : [{ from, to: now[index] ?? '' }]));
  const [only] = changed;
  return only && changed.length === 1 && !now.includes(only.from) ? only : null;
}

function ordered(classes: readonly Placed[]): string[] {
  return [...classes].sort((a, b) => a.line - b.line).map(({ className }) => className);
}
