import type { RunEventBody } from '../../sdk/live/live.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { JournalLine } from '../journal/codec.js';
import type { Entry } from '../journal/journal.js';
import type { Desk, Rule } from '../money/desk.js';
import type { FollowedWorld, Rules, WorldSaid } from '../world/messages.js';

/**
 * Applies changes of a world to a run in two steps. A change is evaluated, written to the journal and answered; it is in force once the
 * world says so. A run that is killed in between resumes with the world's current settings, never with half of a change.
 */
export class WorldRules {
  readonly #strategy: string;
  readonly #desk: Desk;
  readonly #world: FollowedWorld | null;
  /** The set that is staged in the journal, and neither in force nor dropped. */
  #staged: number | null = null;
  /** Sent to the world once the sets are on disk. */
  #answers: { readonly set: number; readonly refusal: string | null }[] = [];

  constructor(strategy: string, desk: Desk, world: FollowedWorld | null) {
    this.#strategy = strategy;
    this.#desk = desk;
    this.#world = world;
  }

  /** Applies the current settings as the run begins or is resumed. */
  begin(rules: Rules, lines: readonly JournalLine[], asOf: Seconds): Entry[] {
    const entries: Entry[] = [];
    const set = stagedIn(lines);
    if (set !== null) {
      const reason = 'The run was cut off before it came into force; what the world is now counts.';
      entries.push({ asOf, events: [{ type: 'dropped', set, reason }] });
    }
    this.#govern(rules, null, entries, asOf);
    return entries;
  }

  /** Processes a message between two slots. Its place in the journal is the same when the run is resumed. */
  take(said: WorldSaid, entries: Entry[], asOf: Seconds): void {
    if (said.type === 'governed') this.#govern(said, said.set, entries, asOf);
    else if (said.type === 'staged') this.#stage(said, entries, asOf);
    else if (this.#staged === said.set) {
      this.#staged = null;
      entries.push({ asOf, events: [said] });
    }
  }

  /** Sends the answers. To be called once all entries are on disk. */
  answer(): void {
    for (const { set, refusal } of this.#answers.splice(0)) this.#world?.answer(set, refusal);
  }

  #stage(said: Extract<WorldSaid, { type: 'staged' }>, entries: Entry[], asOf: Seconds): void {
    const { set } = said;
    const rule = this.#ruleOf(said);
    const staged = this.#staged === set ? null : this.#desk.stage(rule);
    this.#answers.push({ set, refusal: staged?.refusal ?? null });
    if (!staged) return;
    this.#staged = set;
    entries.push({ asOf, events: [{ type: 'staged', set, ...rule, orders: staged.orders }] });
  }

  #govern(rules: Rules, set: number | null, entries: Entry[], asOf: Seconds): void {
    const rule = this.#ruleOf(rules);
    const isStaged = set !== null && this.#staged === set;
    if (isStaged) this.#staged = null;
    if (!this.#desk.govern(rule) && !isStaged) return;
    const event: RunEventBody = { type: 'world', ...rule, ...(isStaged && { set }) };
    entries.push({ asOf, events: [event] });
  }

  #ruleOf({ inactive, activation, allocations }: Rules): Rule {
    return { inactive, activation, share: allocations[this.#strategy] ?? 1 };
  }
}

/** The last staged set, if it was neither applied nor dropped; else null. */
function stagedIn(lines: readonly JournalLine[]): number | null {
  for (let at = lines.length - 1; at >= 0; at--) {
    for (const event of (lines[at] as JournalLine).events) {
      if (event.type === 'staged') return event.set;
      if (event.type === 'dropped' || (event.type === 'world' && event.set !== undefined)) return null;
    }
  }
  return null;
}
