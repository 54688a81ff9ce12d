import { basename, dirname, join, relative, isAbsolute, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { SourceLocation } from '../../../sdk/errors.js';

const CONTEXT_FOLDER = dirname(fileURLToPath(import.meta.url));

/** Folders of Seamless's own code: as built, and as in source maps. */
const OWN_FOLDERS = ownFolders();

function ownFolders(): readonly string[] {
  for (let folder = CONTEXT_FOLDER; folder !== dirname(folder); folder = dirname(folder)) {
    if (basename(folder) !== 'src' && basename(folder) !== 'dist') continue;
    return [join(dirname(folder), 'src'), join(dirname(folder), 'dist')];
  }
  return [CONTEXT_FOLDER];
}

/**
 * The first stack frame that the author wrote: a file of the project before one outside it, and either before one in
 * node_modules. Node's internals, Seamless's own code and unmapped lines of the bundle never count. Needs
 * `process.setSourceMapsEnabled(true)` before the bundle is imported. Null: there is no such frame.
 */
export function authorLocation(error: Error, projectRoot: string, bundlePath: string): SourceLocation | null {
  return chooseFrame(stackFrames(error), projectRoot, bundlePath);
}

/** The same for given frames, innermost first. */
export function chooseFrame(
  stack: readonly SourceLocation[],
  projectRoot: string,
  bundlePath: string,
): SourceLocation | null {
  const frames = stack.filter(({ file }) => isAbsolute(file) && file !== bundlePath && !isOwn(file));
  const written = frames.filter(({ file }) => !file.split(sep).includes('node_modules'));
  return written.find(({ file }) => isInside(projectRoot, file)) ?? written[0] ?? frames[0] ?? null;
}

/** `file:line:column` with the file relative to the project root, for messages. */
export function describeLocation(location: SourceLocation, projectRoot: string): string {
  const file = isInside(projectRoot, location.file) ? relative(projectRoot, location.file) : location.file;
  const column = location.column === undefined ? '' : `:${location.column}`;
  return `${file.split(sep).join('/')}:${location.line}${column}`;
}

/** The file relative to the project root, for messages. */
export function describeFile(file: string, projectRoot: string): string {
  return describeLocation({ file, line: 1 }, projectRoot).replace(/:1$/, '');
}

/**
 * Frames of errors in the running code, without source maps (slow to parse): innermost first, without Node's and Seamless's own.
 * This fixes the errors' stacks as they are read here.
 */
export function unmappedFrames(errors: readonly Error[]): SourceLocation[][] {
  const text = (error: Error, sites: readonly NodeJS.CallSite[]): string =>
    [`${error.name}: ${error.message}`, ...sites.map(String)].join('\n    at ');
  // All members of a family were created at one place.
  const known = new Map<Error, SourceLocation[]>();
  return withStacks(text, () =>
    errors.map((error) => {
      const frames =
        known.get(error) ?? stackFrames(error).filter(({ file }) => isAbsolute(file) && !isOwn(file));
      known.set(error, frames);
      return frames;
    }),
  );
}

/** Where an error was created, innermost first. Much cheaper than a stack as text; only for errors that nobody else reads. */
export function callSites(error: Error): readonly NodeJS.CallSite[] {
  return withStacks(
    (_error, sites) => sites,
    () => error.stack as unknown as readonly NodeJS.CallSite[],
  );
}

function withStacks<T>(value: (error: Error, sites: NodeJS.CallSite[]) => unknown, read: () => T): T {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  Object.defineProperty(Error, 'prepareStackTrace', { value, configurable: true, writable: true });
  try {
    return read();
  } finally {
    if (before) Object.defineProperty(Error, 'prepareStackTrace', before);
    else Reflect.deleteProperty(Error, 'prepareStackTrace');
  }
}

/** The frames of an error's stack that are in files, innermost first. */
export function stackFrames(error: Error): SourceLocation[] {
  const stack: unknown = error.stack;
  if (typeof stack !== 'string') return [];
  return stack.split('\n').flatMap((line) => parseFrame(line) ?? []);
}

function parseFrame(line: string): SourceLocation | null {
  if (!/^\s+at /.test(line)) return null;
  const place = line.endsWith(')') ? / \((.+)\)$/.exec(line)?.[1] : /^\s+at (?:async )?(.+)$/.exec(line)?.[1];
  const match = /^(.+):(\d+):(\d+)$/.exec(place ?? '');
  if (!match?.[1]) return null;
  return { file: filePath(match[1]), line: Number(match[2]), column: Number(match[3]) };
}

function filePath(place: string): string {
  if (!place.startsWith('file:')) return place;
  try {
    return fileURLToPath(place.replace(/[?#].*$/, ''));
  } catch {
    return place;
  }
}

/** Whether a file is Seamless's own code. */
export function isOwn(file: string): boolean {
  return OWN_FOLDERS.some((folder) => isInside(folder, file));
}

const ownPlaces = new Map<string, boolean>();

/** `isOwn` for a call site's file, cached. */
export function isOwnPlace(place: string): boolean {
  const known = ownPlaces.get(place) ?? isOwn(filePath(place));
  ownPlaces.set(place, known);
  return known;
}

function isInside(folder: string, file: string): boolean {
  const path = relative(folder, file);
  return path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}
