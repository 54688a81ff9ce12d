/** Reads the variables that a function names of the scopes around it. Runs no user code; throws before one of them has its value. */
export type Accessor = () => Readonly<Record<string, unknown>>;

interface Told {
  readonly accessor: Accessor;
  readonly site: number;
}

/** The variable by which a rewritten bundle knows its `ToldCaptures`; see `tellCaptures`. */
export const TOLD = '__seamlessTold';

/** Where a rewritten bundle finds it while it is evaluated. */
export const TOLD_KEY = Symbol.for('seamless.told');

/** The first line of a rewritten bundle. */
export const TOLD_PRELUDE = `const ${TOLD} = globalThis[Symbol.for('seamless.told')];\n`;

// A strategy may put its own in the place of these, and calls what is below.
const { entries, getOwnPropertyDescriptor } = Object;
const call = Function.prototype.call;
const setIn = call.bind(Map.prototype.set) as <K, V>(map: Map<K, V>, key: K, value: V) => void;

/**
 * What functions of one loaded bundle tell of themselves as they are made: how to read what they captured, and the place in the
 * code that made them. A rewritten bundle calls `fn` and `members`.
 */
export class ToldCaptures {
  /** Whether functions that are made now are to tell. */
  on = true;
  readonly #told = new Map<object, Told>();
  readonly #texts = new Map<number, string>();

  /** For a function that has nothing to tell of. */
  readonly nothing: Accessor = () => ({});

  /** Takes what a function tells, unless that is `false`, and gives the function back. */
  fn<T extends object>(fn: T, accessor: Accessor | false, site: number): T {
    if (accessor) setIn(this.#told, fn, { accessor, site });
    return fn;
  }

  /** The same for functions that an object was written with, by the names of its properties. */
  members<T extends object>(
    owner: T,
    accessors: Readonly<Record<string, readonly [Accessor, number]>> | false,
  ): T {
    const named = accessors ? entries(accessors) : [];
    for (let index = 0; index < named.length; index++) {
      const { 0: name, 1: told } = named[index] as (typeof named)[number];
      const fn = getOwnPropertyDescriptor(owner, name)?.value as unknown;
      if (typeof fn === 'function') this.fn(fn, told[0], told[1]);
    }
    return owner;
  }

  has(fn: object): boolean {
    return this.#told.has(fn);
  }

  /** What a function captured, by name; null when it did not tell, or cannot yet. */
  read(fn: object): Readonly<Record<string, unknown>> | null {
    const told = this.#told.get(fn);
    if (!told) return null;
    try {
      return told.accessor();
    } catch (error) {
      // A variable that is still without a value: the inspector has an answer for that.
      if (error instanceof ReferenceError) return null;
      throw error;
    }
  }

  /** The text of a function: the same for all that one place in the code made. */
  textOf(fn: object): string {
    const site = this.#told.get(fn)?.site;
    if (site === undefined) return withoutTelling(Function.prototype.toString.call(fn));
    let text = this.#texts.get(site);
    if (text === undefined) {
      text = withoutTelling(Function.prototype.toString.call(fn));
      this.#texts.set(site, text);
    }
    return text;
  }
}

const ACCESSOR = `(?:${TOLD}\\.nothing|\\(\\(\\) => \\(\\{ [^{}]* \\}\\)\\))`;
const MEMBER = `"(?:[^"\\\\]|\\\\.)*": \\[${ACCESSOR}, \\d+\\]`;
const TELLING = new RegExp(
  [
    ` ${TOLD}\\.on && ${TOLD}\\.fn\\([^,]+, ${ACCESSOR}, \\d+\\);`,
    `, ${TOLD}\\.on && ${ACCESSOR}, \\d+\\)`,
    `, ${TOLD}\\.on && \\{ ${MEMBER}(?:, ${MEMBER})* \\}\\)`,
    `${TOLD}\\.(?:fn|members)\\(`,
  ].join('|'),
  'g',
);

/** Code as it was before it was rewritten. */
export function withoutTelling(code: string): string {
  return code.includes(TOLD) ? code.replace(TELLING, '') : code;
}
