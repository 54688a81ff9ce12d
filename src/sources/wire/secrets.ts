import type { OpenStream } from '../../engine/ports/source.js';
import { sourceError } from '../faults.js';

const PLACE = /\{env\.([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Shorter texts would blank out ordinary letters in messages. */
const LEAST_HIDDEN = 4;

/** Texts with secrets from the environment, which no message may show. */
export class Secrets {
  readonly #stream: OpenStream;
  readonly #values = new Set<string>();

  constructor(stream: OpenStream) {
    this.#stream = stream;
  }

  /** Fills the secrets into a text. @throws SeamlessError `source` naming a variable that is not set */
  fill(text: string, encode: (value: string) => string = (value) => value): string {
    return text.replace(PLACE, (_, name: string) => encode(this.value(name)));
  }

  /** The secret in an environment variable. @throws as `fill` does */
  value(name: string): string {
    const value = process.env[name];
    if (value) {
      this.add(value);
      return value;
    }
    throw sourceError(
      this.#stream,
      `its source takes a secret from the environment variable ${name}, which is not set: set it where Seamless is started, or in VS Code with the command Seamless: Set Secret….`,
    );
  }

  /** Registers another text that no message may show. */
  add(value: string): void {
    this.#values.add(value).add(encodeURIComponent(value));
  }

  /** A text for people, with secrets masked. */
  hide(text: string): string {
    let hidden = text;
    for (const value of this.#values) {
      if (value.length >= LEAST_HIDDEN) hidden = hidden.replaceAll(value, '•••');
    }
    return hidden;
  }
}
