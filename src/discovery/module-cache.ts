import { readModule, type ModuleScope } from './module-scope.js';
import { candidatesOf, LARGEST_SCRIPT, readScriptNow } from './scripts.js';
import { mayDeriveClasses } from './strategies.js';

/** What is known of a script. */
interface KnownModule {
  /** Its top level when its text last parsed; null: it never did, or did not have to. */
  readonly scope: ModuleScope | null;
  readonly parses: boolean;
}

interface Entry extends KnownModule {
  /** `skimmed`: its text contains no derived class, so it was not parsed. */
  readonly state: 'changed' | 'skimmed' | 'read';
}

/** Scripts by file, read when needed and again after changes; an open editor's text takes precedence over the file. */
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

  /** The file must be read again. Its last content is kept in case the new text does not parse. */
  changed(file: string): void {
    const known = this.#entries.get(file);
    if (known) this.#entries.set(file, { ...known, state: 'changed' });
  }

  allChanged(): void {
    for (const file of this.#entries.keys()) this.changed(file);
  }

  /** The file is deleted: forget its content, unless an editor has it open. */
  forget(file: string): void {
    if (!this.#edits.has(file)) this.#entries.delete(file);
  }

  /** A script, parsed only if necessary; null: there is none. */
  skim(file: string): KnownModule | null {
    return this.#load(file, true);
  }

  /** The module that an import refers to. Adds the files it tried to `looked`, existing or not. */
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
    // If something was known, parsing must show whether it still holds.
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
