import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';

import { apply, defineProperty, getOwnPropertyDescriptor, is } from './kept.js';

/** A global setting that no property of a built-in object shows. */
interface Setting {
  readonly name: string;
  readonly read: () => unknown;
  readonly write: (value: unknown) => void;
  value: unknown;
}

/** Global settings of the language and Node. Once author code has run, only functions of `kept.ts` are called. */
export class Settings {
  readonly #all: readonly Setting[] = [
    ofProperty(Error, 'stackTraceLimit', 'Error.stackTraceLimit'),
    ofAccessor(process, 'exitCode', 'process.exitCode'),
    ofAccessor(EventEmitter, 'defaultMaxListeners', 'EventEmitter.defaultMaxListeners'),
    ...Object.keys(inspect.defaultOptions).map((key) =>
      ofProperty(inspect.defaultOptions, key, `util.inspect.defaultOptions.${key}`),
    ),
  ];

  /** The name of the first changed one; null: none. */
  changed(): string | null {
    for (let at = 0; at < this.#all.length; at++) {
      const { name, read, value } = this.#all[at] as Setting;
      if (!is(read(), value)) return name;
    }
    return null;
  }

  /** Accepts the current values as expected. */
  accept(): void {
    for (let at = 0; at < this.#all.length; at++) {
      const setting = this.#all[at] as Setting;
      setting.value = setting.read();
    }
  }

  restore(): void {
    for (let at = 0; at < this.#all.length; at++) {
      const { read, write, value } = this.#all[at] as Setting;
      if (!is(read(), value)) write(value);
    }
  }
}

function ofProperty(object: object, key: string, name: string): Setting {
  const read = (): unknown => getOwnPropertyDescriptor(object, key)?.value;
  const write = (value: unknown): void => {
    defineProperty(object, key, { __proto__: null, value } as PropertyDescriptor);
  };
  return { name, read, write, value: read() };
}

function ofAccessor(object: object, key: string, name: string): Setting {
  const { get, set } = getOwnPropertyDescriptor(object, key) as Required<PropertyDescriptor>;
  const read = (): unknown => apply(get, object, []);
  const write = (value: unknown): void => {
    apply(set, object, [value]);
  };
  return { name, read, write, value: read() };
}
