import { SeamlessError } from '../../../sdk/errors.js';
import { nameOfChange, type BuiltIn, type Change } from './built-in.js';
import { apply, getOwnPropertyDescriptor, isPromise, isSameProperty, plain, setPrototypeOf } from './kept.js';
import { define, Ledger, type Found } from './ledger.js';
import { Settings } from './settings.js';
import { waitedFor } from './waiting.js';

/**
 * Separates a strategy's code from the host's, which share a thread's built-in objects. What the strategy's module changed in
 * them is in place while its code runs, and undone while the host works. Later changes by its code are found and undone.
 */
export class Wall {
  readonly #ledger: Ledger;
  /** Updates named imports of Node's modules after the modules were patched. */
  readonly #syncImports: () => void;
  /** The module's changes to JavaScript's objects: in place during each call of author code. */
  #ofLanguage: readonly Change[] = [];
  /** Its changes to Node's objects: changing these takes longer, so they stay in place for a whole piece of work. */
  #ofNode: readonly Change[] = [];
  #languageIsOut = false;
  #nodeIsOut = 0;
  #tampered: Change | null = null;
  #quiet: Found | null = null;
  #spoilt: string | null = null;
  /** Found by chance; maybe another node's doing than the checked one's. */
  #unsettled: string | null = null;
  readonly #settings = new Settings();
  #looksLater = false;
  /** A change of `core` that an earlier look has found and undone. */
  #passed: string | null = null;

  constructor(builtIns: readonly BuiltIn[], syncImports: () => void) {
    this.#ledger = new Ledger(builtIns);
    this.#syncImports = syncImports;
  }

  /** Everything that is undone while the host works. */
  get kept(): readonly Change[] {
    return [...this.#ofLanguage, ...this.#ofNode];
  }

  /** A possible cause of an error, as a sentence to append: the SDK's own code works with the module's changes. Empty: none. */
  get afterword(): string {
    const names = this.kept.filter(({ then }) => then !== undefined).map(nameOfChange);
    if (names.length === 0) return '';
    const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and more` : names.join(', ');
    return ` The top level of the module changed ${shown}, which is built in and which Seamless uses as well, so this may be the cause: leave it unchanged, and write a function of your own.`;
  }

  /**
   * Takes the current changes of built-in objects as the module's own, and undoes them. Call it right after the module is loaded.
   * @throws SeamlessError `strategy` for a change that cannot be undone
   */
  adopt(): void {
    const changes: Change[] = [];
    let fixed: Change | null = null;
    for (let at = this.#ledger.look('all'); at; at = at.before) {
      if (at.undone) changes.unshift(at.change);
      else if (at.quiet) this.#ledger.accept(at.change);
      else fixed = at.change;
    }
    if (fixed) {
      const name = nameOfChange(fixed);
      throw new SeamlessError(
        'strategy',
        `The top level of the module changed ${name} for good, so that Seamless itself would have to work with it. Leave it configurable: what is changed there counts in the fingerprint of every node.`,
      );
    }
    this.#settings.accept();
    const isOfNode = ({ name, object }: Change): boolean => name.startsWith('node:') || object === process;
    this.#ofNode = changes.filter(isOfNode);
    this.#ofLanguage = changes.filter((change) => !isOfNode(change));
    if (this.#ofNode.length > 0) this.#syncImports();
  }

  /** Runs author code from its first to its last line. */
  asAuthor<T>(work: () => T): T {
    return this.piece(() => this.#with(true, work));
  }

  /**
   * Runs author code that prepares later computations.
   * @throws SeamlessError `strategy` when it changed what others would notice
   */
  setup<T>(work: () => T): T {
    let ended: { readonly given: T } | { readonly error: unknown };
    try {
      ended = { given: this.asAuthor(work) };
    } catch (error) {
      ended = { error };
    }
    const changed = this.#endOfSetup();
    if (changed === null) {
      if ('error' in ended) throw ended.error;
      return ended.given;
    }
    throw new SeamlessError(
      'strategy',
      `setup() changed ${changed}, which is built in and belongs to all code. Change it at the top of the module, where it counts in the fingerprint of every node, or write a function of your own.`,
    );
  }

  /** Names what it undid, or could not undo. A change that is not noticed counts where code uses it. */
  #endOfSetup(): string | null {
    let changed = this.#tampered;
    this.#tampered = null;
    this.#settings.accept();
    for (let at = this.#ledger.look('all'); at; at = at.before) {
      if (at.quiet) this.#ledger.accept(at.change);
      else changed = at.change;
    }
    return changed && nameOfChange(changed);
  }

  /** Runs a piece of the host's work in which what `authored` gave is called. */
  piece<T>(work: () => T): T {
    this.#bringNode();
    try {
      return this.#with(false, work);
    } finally {
      this.#putNodeAway();
    }
  }

  /** A function of the author's, to be called by the host. */
  authored<A extends readonly unknown[], R>(fn: (...given: A) => R): (...given: A) => R {
    if (this.#ofLanguage.length === 0) return fn;
    return (...given) => this.#with(true, () => apply<undefined, A, R>(fn, undefined, given));
  }

  /** A function of the host's, to be called by the author's code. */
  shielded<A extends readonly unknown[], R>(fn: (...given: A) => R): (...given: A) => R {
    if (this.#ofLanguage.length === 0) return fn;
    return (...given) => this.#with(false, () => apply<undefined, A, R>(fn, undefined, given));
  }

  /** Runs the host's own work while the author's code is running. */
  asHost<T>(work: () => T): T {
    return this.#with(false, work);
  }

  /** Runs code of the author's that may go on until its promise is settled. What it does to built-in objects meanwhile is undone. */
  untilSettled<T>(work: () => T): T {
    this.#bringNode();
    this.#switchLanguage(true);
    const end = (): void => {
      this.#switchLanguage(false);
      this.#putNodeAway();
      this.#undoSilently();
    };
    let given: T;
    try {
      given = work();
    } catch (error) {
      end();
      throw error;
    }
    // Of the same kind as what was given, for all that can be done with it.
    if (isPromise(given)) return waitedFor(given, end) as T;
    end();
    return given;
  }

  /**
   * What was done to built-in objects since it was last asked, by the name of the first, as in `Math.hypot`; null: nothing. What the host could notice is undone at once,
   * the rest by `undo`. @param scope `core`: what matters to most code.
   */
  meddling(scope: 'core' | 'all'): string | null {
    const tampered = this.#tampered;
    const later = this.#looksLater && scope === 'core';
    const found = later ? null : this.#ledger.look(scope);
    const passed = later ? null : this.#passed;
    if (!later) this.#passed = null;
    const setting = this.#settings.changed();
    if (!found && !tampered && setting === null)
      return passed ?? (scope === 'all' ? this.#takeUnsettled() : null);
    this.#tampered = null;
    // Who did one thing may have done more.
    const rest = scope === 'core' ? this.#ledger.look('all') : found;
    this.#quiet = rest;
    if (scope === 'core') this.#unsettled ??= firstThat(rest, ({ core }) => !core);
    if (later) this.#passed ??= firstThat(rest, ({ core }) => core);
    const fixed = fixedOf(found) ?? fixedOf(rest);
    const change = fixed?.change ?? tampered ?? (found && firstOf(found).change);
    if (fixed) this.#spoilt ??= nameOfChange(fixed.change);
    return change ? nameOfChange(change) : (passed ?? setting);
  }

  /**
   * From now on `core` is looked at once for many pieces of work, by this: a look takes longer than a piece of one bar. Says what
   * `meddling` does. @param how `glance`: whether functions of `core` are what they were; only if not, all else is looked at
   */
  meddlingSince(how: 'look' | 'glance' = 'look'): string | null {
    if (how === 'glance' && this.#seemsUntouched()) return null;
    this.#looksLater = false;
    const found = this.meddling('core');
    this.#looksLater = true;
    return found;
  }

  #seemsUntouched(): boolean {
    const known = this.#tampered ?? this.#passed ?? this.#settings.changed();
    return known === null && this.#ledger.glance();
  }

  /** Runs pieces of work after all of which `core` is looked at once. Null, in place of what they gave: something changed, and is undone. */
  lookedAtOnce<T>(work: () => T): { readonly given: T } | null {
    // After a slot all of its nodes are looked after.
    if (this.#looksLater) return { given: work() };
    this.#looksLater = true;
    let changed: string | null = null;
    let given: T;
    try {
      given = work();
    } finally {
      this.#looksLater = false;
      changed = this.meddling('core');
      this.undo();
    }
    return changed === null ? { given } : null;
  }

  #takeUnsettled(): string | null {
    const unsettled = this.#unsettled;
    this.#unsettled = null;
    return unsettled;
  }

  /** What was changed for good, so that nothing can be trusted any more that is computed here; null: nothing. */
  get spoilt(): string | null {
    return this.#spoilt;
  }

  /** Undoes what is left of what `meddling` found. */
  undo(): void {
    for (let at = this.#quiet; at; at = at.before) {
      const { change, quiet } = at;
      if (!quiet) continue;
      const { object, key, then } = change;
      if (key === null || !define(object, key, then)) this.#spoilt ??= nameOfChange(change);
    }
    this.#quiet = null;
    this.#settings.restore();
  }

  #undoSilently(): void {
    for (let at = this.#ledger.look('all'); at; at = at.before) {
      if (!at.undone) this.#ledger.accept(at.change);
    }
    this.#tampered = null;
    this.#settings.restore();
  }

  #with<T>(out: boolean, work: () => T): T {
    const before = this.#languageIsOut;
    this.#switchLanguage(out);
    try {
      return work();
    } finally {
      this.#switchLanguage(before);
    }
  }

  #switchLanguage(out: boolean): void {
    if (this.#languageIsOut === out) return;
    this.#languageIsOut = out;
    this.#switch(this.#ofLanguage, out);
  }

  #bringNode(): void {
    if (this.#nodeIsOut++ === 0) this.#switchNode(true);
  }

  #putNodeAway(): void {
    if (--this.#nodeIsOut === 0) this.#switchNode(false);
  }

  #switchNode(out: boolean): void {
    if (this.#ofNode.length === 0) return;
    this.#switch(this.#ofNode, out);
    this.#syncImports();
  }

  #switch(changes: readonly Change[], out: boolean): void {
    for (let at = 0; at < changes.length; at++) {
      const change = changes[at] as Change;
      const { object, key, then, now } = change;
      if (key === null) setPrototypeOf(object, (out ? now : then)?.value as object | null);
      else {
        if (!out && !isStill(change)) this.#tampered ??= change;
        define(object, key, out ? now : then);
      }
    }
  }
}

/** Whether what the module put on an object is there. */
function isStill({ object, key, now }: Change): boolean {
  const own = getOwnPropertyDescriptor(object, key as PropertyKey);
  return own && now ? isSameProperty(now, plain(own)) : own === now;
}

function firstOf(found: Found): Found {
  let first = found;
  for (let at = found.before; at; at = at.before) first = at;
  return first;
}

/** The name of the first change of a kind; null: there is none. */
function firstThat(found: Found | null, isOne: (found: Found) => boolean): string | null {
  let first: Found | null = null;
  for (let at = found; at; at = at.before) if (isOne(at)) first = at;
  return first && nameOfChange(first.change);
}

/** What could neither be left nor undone. */
function fixedOf(found: Found | null): Found | null {
  for (let at = found; at; at = at.before) if (!at.quiet && !at.undone) return at;
  return null;
}
