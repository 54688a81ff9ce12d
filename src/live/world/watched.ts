import { Inbox } from '../feed/inbox.js';
import { CurrentWorld, sameRules } from './current.js';
import { rulesOf, type FollowedWorld, type Rules, type RuleSet, type WorldSaid } from './messages.js';

/** Milliseconds between two checks of the file. */
const EVERY_MS = 1000;

/** A world of the run's own project. Changes of its activation and allocations apply from the next slot on. */
export class WatchedWorld implements FollowedWorld {
  readonly #file: CurrentWorld;
  readonly #said = new Inbox<WorldSaid>();
  readonly #timer: NodeJS.Timeout;
  #rules: RuleSet;
  #sets = 0;
  #staged: { readonly set: number; readonly rules: RuleSet } | null = null;
  /** A change that the run refused: it is not prepared again. */
  #refused: RuleSet | null = null;

  constructor(projectRoot: string, name: string) {
    this.#file = new CurrentWorld(projectRoot, name);
    this.#rules = this.#file.look(null);
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
    this.#timer.unref();
  }

  get now(): Rules {
    return rulesOf(this.#rules);
  }

  get said(): AsyncIterable<WorldSaid> {
    return this.#said;
  }

  answer(set: number, refusal: string | null): void {
    if (this.#staged?.set !== set) return;
    const { rules } = this.#staged;
    this.#staged = null;
    if (refusal !== null) {
      this.#refused = rules;
      this.#said.put({ type: 'dropped', set, reason: refusal });
      return;
    }
    this.#rules = rules;
    this.#said.put({ type: 'governed', set, ...rulesOf(rules) });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#said.end();
  }

  #look(): void {
    if (this.#staged) return;
    const rules = this.#file.look(this.#rules);
    if (sameRules(rules, this.#rules)) this.#refused = null;
    else if (!this.#refused || !sameRules(rules, this.#refused)) {
      this.#refused = null;
      this.#staged = { set: ++this.#sets, rules };
      this.#said.put({ type: 'staged', set: this.#sets, ...rulesOf(rules) });
    }
  }
}
