import { join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ownMethods } from '../wall/own-methods.js';
import { isOwn } from './author.js';
import type { Zone } from './zones.js';

/** Files that a provider read. */
export interface ProviderReads {
  /** Position of the stream in `GraphDescription.nodes`. */
  readonly stream: number;
  readonly files: readonly string[];
}

/** Larger folders are watched as a whole, not file by file. */
const MOST_FILES = 1000;

/** Functions that list a folder: new files change their result as well. */
const LISTS = /\.(?:readdir|opendir|scandir)(?:Sync)?$/;

/**
 * The files that a strategy's own code accessed, existing or not: during its creation (module top level, constructors,
 * `setup()`), and in a stream's provider. Absolute; for a listed folder, the pattern of its content.
 */
export class FileReads {
  readonly #made = ownMethods(new Set<string>());
  readonly #provided = ownMethods(new Map<number, Set<string>>());

  /** During its creation. */
  get made(): readonly string[] {
    return [...this.#made];
  }

  get provided(): readonly ProviderReads[] {
    return [...this.#provided].map(([stream, files]) => ({ stream, files: [...files] }));
  }

  /** @param api the Node function that was called with this path. Runs as the host */
  note(zone: Zone, api: string, path: unknown): void {
    const file = pathOf(path);
    if (file === null || file.split(sep).includes('node_modules') || isOwn(file)) return;
    const known = this.#of(zone);
    if (!known || known.size >= MOST_FILES) return;
    known.add(LISTS.test(api) ? join(file, '*') : file);
  }

  #of(zone: Zone): Set<string> | null {
    if (zone.kind === 'module' || zone.kind === 'setup') return this.#made;
    if (zone.stream === null) return null;
    let files = this.#provided.get(zone.stream);
    if (!files) this.#provided.set(zone.stream, (files = ownMethods(new Set<string>())));
    return files;
  }
}

/** A path in any form that Node accepts; null for a file descriptor. */
function pathOf(given: unknown): string | null {
  if (typeof given === 'string') return resolve(given);
  if (given instanceof Uint8Array) return resolve(Buffer.from(given).toString());
  if (!(given instanceof URL) || given.protocol !== 'file:') return null;
  return fileURLToPath(given);
}
