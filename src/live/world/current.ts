import { messageOf } from '../../sdk/errors.js';
import { parseWorld, readWorld } from './load.js';
import type { RuleSet } from './messages.js';
import type { WorldFile } from './schema.js';

/** Watches a world's file: the settings that runs follow, and whether it is still the world they began in. */
export class CurrentWorld {
  readonly #projectRoot: string;
  readonly #name: string;
  /** The settings that runs began with; null: the file was never valid. */
  #began: string | null = null;
  text = '';

  constructor(projectRoot: string, name: string) {
    this.#projectRoot = projectRoot;
    this.#name = name;
  }

  /** The current settings. @param before settings that stay in force while the file is invalid */
  look(before: RuleSet | null): RuleSet {
    const { text, file, problem } = this.#read();
    this.text = text;
    // A file that was repaired is the same world again. If it differs from the beginning, runs make no orders.
    this.#began ??= file && settled(file);
    const other = file !== null && settled(file) !== this.#began;
    const reason = other
      ? 'The world was changed in more than its activation and allocations: runs that began before make no orders. Start a new run; where it is served, once that is started anew.'
      : (problem ?? '');
    const { activation, allocations } = file ?? before ?? { activation: 'freeze', allocations: {} };
    return { decision: { act: reason === '', reason }, activation, allocations };
  }

  #read(): { text: string; file: WorldFile | null; problem: string | null } {
    let text = '';
    try {
      const [path, found] = readWorld(this.#projectRoot, this.#name);
      text = found;
      return { text, file: parseWorld(found, path), problem: null };
    } catch (error) {
      return { text, file: null, problem: messageOf(error) };
    }
  }
}

/** All settings that must not change during a run, as text. */
function settled({ activation: _, allocations: __, ...rest }: WorldFile): string {
  return JSON.stringify(rest);
}

export function sameRules(a: RuleSet, b: RuleSet): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
