import type { OpenStream } from '../engine/ports/source.js';
import { nearNames } from '../sdk/errors.js';
import { isMonths, parseInterval, type Seconds } from '../sdk/time/time.js';
import { sourceError } from './faults.js';

/** How times are written, validated. */
export interface TimeOptions {
  readonly time: string | null;
  readonly timeUnit: 's' | 'ms' | 'us' | 'ns' | null;
  /** A strptime format; null: the reader finds out. */
  readonly timeFormat: string | null;
  /** Null: UTC. */
  readonly timeZone: string | null;
  readonly stamp: 'open' | 'close';
  /** Seconds that times are rounded to multiples of; null: no rounding. */
  readonly snap: Seconds | null;
  readonly conformance: Conformance;
}

/** `strict` refuses what is wrong; `permissive` repairs or leaves it out, and counts it. */
export type Conformance = 'strict' | 'permissive';

/** Reads the options of a provider. They may come from plain JavaScript or a preset, so nothing about their shape is certain. */
export class Options {
  readonly #stream: OpenStream;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #known = new Set<string>();

  /** @param values default: the options that decide the bars */
  constructor(stream: OpenStream, values = stream.source.options) {
    this.#stream = stream;
    this.#values = values;
  }

  text(name: string): string | null {
    return this.#read(name, 'a text', (value): value is string => typeof value === 'string' && value !== '');
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (value === null)
      throw sourceError(this.#stream, `its ${this.#stream.source.kind} source has no ${name}: say which.`);
    return value;
  }

  texts(name: string): readonly string[] | null {
    return this.#read(
      name,
      'a list of texts',
      (value): value is string[] =>
        Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string'),
    );
  }

  /** Names in a list, or a record of new names. */
  textsOrMap(name: string): readonly string[] | Readonly<Record<string, string>> | null {
    const value = this.raw(name);
    if (value === undefined || Array.isArray(value)) return this.texts(name);
    return this.#read(
      name,
      "a list of names, or a record such as { close: 'Adj Close' }",
      (each): each is Record<string, string> =>
        typeof each === 'object' &&
        each !== null &&
        Object.values(each).every((text) => typeof text === 'string'),
    );
  }

  /** The option `path`: one path or pattern, or a list of them. */
  paths(): readonly string[] {
    return Array.isArray(this.raw('path')) ? (this.texts('path') ?? []) : [this.requiredText('path')];
  }

  number(name: string, what: string, fits: (value: number) => boolean): number | null {
    return this.#read(name, what, (value): value is number => typeof value === 'number' && fits(value));
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T | null {
    const what = choices.map((choice) => `'${choice}'`).join(' or ');
    return this.#read(name, what, (value): value is T => choices.some((choice) => choice === value));
  }

  /** The raw value, for the caller to check. */
  raw(name: string): unknown {
    this.#known.add(name);
    return this.#values[name];
  }

  time(): TimeOptions {
    // The engine has put both into the stream already.
    this.#known.add('phase');
    this.#known.add('completeUntil');
    const timeZone = this.text('timeZone');
    if (timeZone !== null && !zoneExists(timeZone)) {
      throw sourceError(
        this.#stream,
        `its timeZone ${JSON.stringify(timeZone)} is not a time zone: write an IANA name such as 'America/New_York'.`,
      );
    }
    return {
      time: this.text('time'),
      timeUnit: this.oneOf('timeUnit', ['s', 'ms', 'us', 'ns']),
      timeFormat: this.text('timeFormat'),
      timeZone,
      snap: this.#seconds('snap'),
      conformance: this.oneOf('conformance', ['strict', 'permissive']) ?? 'strict',
      stamp: this.oneOf('stamp', ['open', 'close']) ?? 'open',
    };
  }

  #seconds(name: string): Seconds | null {
    const value = this.raw(name);
    if (value === undefined) return null;
    if (typeof value === 'string' || typeof value === 'number') {
      const seconds = parseInterval(value, `${this.#stream.name}: its option ${name}`);
      if (!isMonths(seconds)) return seconds;
    }
    throw sourceError(
      this.#stream,
      `its option ${name} is ${show(value)}, but must be an interval such as '1s'.`,
    );
  }

  /** Refuses unknown options: a misspelt one must not be ignored silently. */
  finish(): void {
    const stranger = Object.keys(this.#values).find((name) => !this.#known.has(name));
    if (stranger === undefined) return;
    const [near] = nearNames(stranger, this.#known, 1);
    const advice = near ? `did you mean ${near}?` : `known are ${[...this.#known].join(', ')}.`;
    throw sourceError(
      this.#stream,
      `its ${this.#stream.source.kind} source has no option ${stranger}: ${advice}`,
    );
  }

  #read<T>(name: string, what: string, fits: (value: unknown) => value is T): T | null {
    const value = this.raw(name);
    if (value === undefined) return null;
    if (fits(value)) return value;
    throw sourceError(this.#stream, `its option ${name} is ${show(value)}, but must be ${what}.`);
  }
}

/** As JSON, plus values that JSON cannot write. */
function show(value: unknown): string {
  return ['function', 'symbol', 'bigint'].includes(typeof value) ? String(value) : JSON.stringify(value);
}

function zoneExists(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone }));
  } catch {
    return false;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
