import { readModule, type ModuleScope } from './module-scope.js';
import { candidatesOf, LARGEST_SCRIPT, readScriptNow } from './scripts.js';
import { mayDeriveClasses } from './strategies.js';

/** What is known of a script. */
interface KnownModule {
  /** Its top level when its text last parsed; null: it never did, or there was no need to look. */
  readonly scope: ModuleScope | null;
  readonly parses: boolean;
}

interface Entry extends KnownModule {
  /** `skimmed`: its text derives no class, so it was not parsed. */
  readonly state: 'changed' | 'skimmed' | 'read';
}

/** Scripts by file, read when asked for and again after they changed; the text of an open editor counts before the disk. */
export class ModuleCache {
  readonly #entries = new Map<string, Entry>();
  readonly #edits = new Map<string, string>();
  reads = 0;
  parses = 0;

  edit(file: string, text: string | null): void {
    if (text === null) this.#edits.delete(file);
    else this.#edits.set(file, text);
  }

  isEdited(file: string): boolean {
    return this.#edits.has(file);
  }

  edited(): Iterable<string> {
    return this.#edits.keys();
  }

  files(): Iterable<string> {
    return this.#entries.keys();
  }

  /** The file is to be read again. What it held stays, lest the new text does not parse. */
  changed(file: string): void {
    const known = this.#entries.get(file);
    if (known) this.#entries.set(file, { ...known, state: 'changed' });
  }

  allChanged(): void {
    for (const file of this.#entries.keys()) this.changed(file);
  }

  /** The file is gone from the disk, and what it held with it, unless an editor still has it. */
  forget(file: string): void {
    if (!this.#edits.has(file)) this.#entries.delete(file);
  }

  /** A script as far as it takes to judge it; null: there is none. */
  skim(file: string): KnownModule | null {
    return this.#load(file, true);
  }

  /** The module that an import means. Adds to `looked` the files it tried, there or not. */
  find(specifier: string, fromFile: string, looked: Set<string>): ModuleScope | null {
    for (const candidate of candidatesOf(specifier, fromFile)) {
      looked.add(candidate);
      const found = this.#load(candidate, false);
      if (found) return found.scope;
    }
    return null;
  }

  #load(file: string, skim: boolean): Entry | null {
    const known = this.#entries.get(file);
    if (known?.state === 'read' || (skim && known?.state === 'skimmed')) return known;
    const text = this.#textOf(file);
    if (text === null) {
      this.#entries.delete(file);
      return null;
    }
    const entry = this.#read(file, text, known?.scope ?? null, skim);
    this.#entries.set(file, entry);
    return entry;
  }

  #read(file: string, text: string, before: ModuleScope | null, skim: boolean): Entry {
    // Where something was known, only parsing shows whether it is still so.
    if (skim && !before && !mayDeriveClasses(text)) return { state: 'skimmed', scope: null, parses: true };
    this.parses += 1;
    const scope = readModule(file, text);
    return { state: 'read', scope: scope ?? before, parses: scope !== null };
  }

  #textOf(file: string): string | null {
    const edit = this.#edits.get(file);
    if (edit !== undefined) return edit.length <= LARGEST_SCRIPT ? edit : null;
    const text = readScriptNow(file);
    if (text !== null) this.reads += 1;
    return text;
  }
}
