import { existsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceLocation } from '../../../sdk/errors.js';

/** Finds the line of author code that an error comes from; null: none. */
export type Locate = (error: unknown) => SourceLocation | null;

/** `    at name (file:line:column)`, or without a name. */
const FRAME = /^\s*at (?:async )?(?:.*? \()?(.+?):(\d+):(\d+)\)?$/;

const OWN_FOLDERS = ownFolders();

/** The first frame of an error's stack outside of Node, Seamless and installed packages. */
export const locateInStack: Locate = (error) => {
  const stack: unknown = error instanceof Error ? error.stack : null;
  if (typeof stack !== 'string') return null;
  for (const line of stack.split('\n')) {
    const [, place = '', row, column] = FRAME.exec(line) ?? [];
    const file = fileOf(place);
    if (file && isAuthors(file)) return { file, line: Number(row), column: Number(column) };
  }
  return null;
};

function fileOf(place: string): string | null {
  if (place.startsWith('file://')) return fileURLToPath(place);
  return place.startsWith('/') || /^[A-Za-z]:[\\/]/.test(place) ? place : null;
}

function isAuthors(file: string): boolean {
  if (file.includes(`${sep}node_modules${sep}`)) return false;
  return !OWN_FOLDERS.some((folder) => file.startsWith(folder));
}

/** Where Seamless's own code is: built and, with mapped stacks, as sources. */
function ownFolders(): string[] {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return ['dist', 'src'].map((name) => join(folder, name) + sep);
}
