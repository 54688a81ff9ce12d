import { SeamlessError } from '../../sdk/errors.js';
import type { RunEventBody } from '../../sdk/live/live.js';
import type { RowValue } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { World } from '../world/schema.js';
import { cancelResting, fillOrders, pendingOf, restsAs, type Book, type PriceBar } from './book.js';
import { RecentCloses, type SlotCloses } from './correlation.js';
import type { Fill } from './account.js';
import { limitFor } from './fills.js';
import { Holdings } from './holdings.js';
import { governedWeights, limitedWeights, ordersFor, type Holding, type SizedOrder } from './orders.js';

/** The settings of a world that may change during a run. */
export interface Rule {
  /** Why no orders are made; empty: they are. */
  readonly inactive: string;
  readonly activation: World['activation'];
  /** The share of its weights that the strategy gets. */
  readonly share: number;
}

/** The effect that a rule would have at the last closes. */
export interface StagedRule {
  readonly orders: readonly Pick<SizedOrder, 'symbol' | 'quantity'>[];
  /** Why it cannot be applied, a sentence; null: it can. */
  readonly refusal: string | null;
}

/** A fill reported by a broker. */
export interface Execution {
  readonly execution: string;
  readonly order: number;
  readonly quantity: number;
  readonly price: number;
  readonly fee: number;
  readonly at: Seconds;
  readonly maker?: boolean | undefined;
}

/**
 * Turns bars and decisions, slot by slot, into orders, fills and equity. The same slots give the same events in every mode, so a run is
 * resumed by replaying the slots of its journal.
 */
export class Desk {
  readonly #world: World;
  readonly #holdings: Holdings;
  /** Null if the policy has no `correlation`. */
  readonly #recent: RecentCloses | null;
  readonly #books: readonly Book[];
  readonly #bySymbol: ReadonlyMap<string, Book>;
  readonly #hasSections: boolean;
  /** Time of the last decision about any symbol. */
  #decidedAt: Seconds | null = null;
  #orders = 0;
  /** In a live world: the position of each order's symbol. */
  readonly #ordered = new Map<number, number>();
  /** Each symbol's last close before the first slot. */
  #before: SlotCloses = [];
  #activation: string | null = null;
  #rule: Rule;
  /** Every symbol has the weight that follows from its signal. */
  #isSettled = false;
  /** Whether the same signals give the same weights at every slot. */
  readonly #isSteady: boolean;
  /** The rule has changed since the last orders. */
  #isNewRule = false;
  /** The last slot, and equity at its close. */
  #last: { readonly asOf: Seconds; readonly equity: number };

  /** @param sections the cross-section that decides for a symbol, by position; null or absent: it has its own decision */
  constructor(world: World, symbols: readonly string[], sections: readonly (number | null)[] = []) {
    this.#world = world;
    const { policy, limits, decisionTtl } = world;
    this.#isSteady =
      policy.rebalance === 'change' &&
      policy.hysteresis === 0 &&
      policy.correlation === undefined &&
      limits.perSymbol === undefined &&
      decisionTtl === undefined;
    this.#rule = { inactive: '', activation: world.activation, share: 1 };
    this.#last = { asOf: -Infinity, equity: world.capital };
    this.#recent = policy.correlation ? new RecentCloses(policy.correlation.slots) : null;
    this.#holdings = new Holdings(world, symbols);
    this.#books = symbols.map((symbol, i) => ({
      symbol,
      section: sections[i] ?? null,
      signal: null,
      decidedAt: null,
      weight: 0,
      orders: [],
    }));
    this.#hasSections = this.#books.some(({ section }) => section !== null);
    this.#bySymbol = new Map(this.#books.map((book) => [book.symbol, book]));
  }

  /** Takes in the closes of the slots before the first, oldest first, so that the policy applies from the first slot on. */
  warm(slots: readonly SlotCloses[]): void {
    for (const closes of slots) this.#recent?.add(closes);
    this.#before = slots.at(-1) ?? [];
  }

  /**
   * Processes a slot.
   * @param bars that close at `asOf`, by position of the symbol; null: none
   * @param decisions that were made at `asOf`, by position; undefined: none
   */
  slot(
    asOf: Seconds,
    bars: readonly (PriceBar | null)[],
    decisions: readonly (RowValue | undefined)[],
  ): RunEventBody[] {
    const events: RunEventBody[] = [];
    // Earlier orders first: the bar that gave a signal never fills its order.
    for (let i = 0; i < this.#books.length; i++) {
      const bar = bars[i];
      if (!bar) continue;
      // In a live world, the broker fills orders.
      if (this.#hasOrders(i) && this.#world.mode !== 'live') this.#fill(i, bar, asOf, events);
      this.#holdings.bar(i, bar.close);
    }
    if (this.#recent && bars.some(Boolean))
      this.#recent.add(this.#books.map((_, i) => this.#holdings.close(i) ?? this.#before[i] ?? null));
    const equity = this.#holdings.slot(asOf);
    this.#last = { asOf, equity };
    const decided = this.#decide(asOf, decisions, events);
    if (decided) this.#order(asOf, equity, events);
    return events;
  }

  #hasOrders(i: number): boolean {
    return (this.#books[i] as Book).orders.length > 0;
  }

  #fill(i: number, bar: PriceBar, asOf: Seconds, events: RunEventBody[]): void {
    const onFill = (fill: Fill): void => this.#holdings.fill(i, fill, bar.ts);
    events.push(...fillOrders(this.#books[i] as Book, bar, asOf, this.#world.fills, onFill));
  }

  /** Applies a rule from the next slot on. @returns whether it differs from the current one */
  govern(rule: Rule): boolean {
    const { inactive, activation, share } = this.#rule;
    if (inactive === rule.inactive && activation === rule.activation && share === rule.share) return false;
    this.#rule = rule;
    this.#isNewRule = true;
    this.#isSettled = false;
    return true;
  }

  /** Evaluates a rule without applying it. Null: it is the current one. */
  stage(rule: Rule): StagedRule | null {
    const { inactive, activation, share } = this.#rule;
    if (inactive === rule.inactive && activation === rule.activation && share === rule.share) return null;
    const { asOf, equity } = this.#last;
    if (!(rule.share >= 0 && rule.share <= 1))
      return { orders: [], refusal: `A share of ${rule.share} is not between 0 and 1.` };
    if (this.#whyInactive(asOf, rule) !== '') return { orders: [], refusal: null };
    const { holdings } = this.#holdingsBy(rule, asOf, equity);
    const orders = this.#ordersFor(holdings, equity);
    const odd = orders.find(({ quantity }) => !Number.isFinite(quantity));
    const refusal = odd ? `It comes to an order of ${odd.quantity} ${odd.symbol}.` : null;
    return { orders: orders.map(({ symbol, quantity }) => ({ symbol, quantity })), refusal };
  }

  /** A fill of a live world's broker. @throws SeamlessError `usage` for an order that this run has not made */
  filled({ execution, order, quantity, price, fee, at, maker }: Execution): RunEventBody {
    const [i, book] = this.#bookOf(order);
    const { symbol } = book;
    const open = book.orders.find((each) => each.order === order);
    // A fill after the order's end counts, too: the units are there.
    if (open) {
      open.quantity -= quantity;
      const done = Math.abs(open.quantity) <= 1e-9 * Math.abs(quantity);
      if (done) book.orders = book.orders.filter((each) => each !== open);
    }
    const fill = { symbol, quantity, price, fee, slippage: 0 };
    this.#holdings.fill(i, fill, at);
    return { type: 'fill', order, ...fill, at, execution, ...(maker !== undefined && { maker }) };
  }

  /** Ends an order that gets no more fills. Null: it had ended already. */
  rejected(order: number, reason: string): RunEventBody | null {
    const [, book] = this.#bookOf(order);
    if (!book.orders.some((each) => each.order === order)) return null;
    book.orders = book.orders.filter((each) => each.order !== order);
    return { type: 'rejected', order, symbol: book.symbol, reason };
  }

  #bookOf(order: number): readonly [number, Book] {
    const i = this.#ordered.get(order);
    if (i !== undefined) return [i, this.#books[i] as Book];
    throw new SeamlessError(
      'usage',
      `The broker speaks of order ${order}, which this run has not made: see that it keeps the orders of other runs apart.`,
    );
  }

  get orders(): number {
    return this.#orders;
  }

  /** Whether there are open orders. */
  get waiting(): boolean {
    return this.#books.some(({ orders }) => orders.length > 0);
  }

  get summary() {
    return { ...this.#holdings.summary, orders: this.#orders };
  }

  /** Records decisions. @returns whether to make orders */
  #decide(asOf: Seconds, decisions: readonly (RowValue | undefined)[], events: RunEventBody[]): boolean {
    let news = false;
    const sections = this.#hasSections ? this.#decidedSections(decisions) : null;
    for (let i = 0; i < this.#books.length; i++) {
      const book = this.#books[i] as Book;
      // A symbol that a cross-section's decision leaves out gets 0, so one that left the universe is sold.
      const unnamed = decisions[i] === undefined && sections?.has(book.section);
      const value = unnamed ? 0 : signalOf(decisions[i]);
      if (value === null) continue;
      news = true;
      book.decidedAt = asOf;
      this.#decidedAt = asOf;
      if (value === book.signal) continue;
      events.push({ type: 'signal', symbol: book.symbol, value });
      book.signal = value;
      this.#isSettled = false;
    }
    const inactive = this.#whyInactive(asOf, this.#rule);
    if (inactive !== this.#activation) {
      this.#activation = inactive;
      events.push({
        type: 'activation',
        active: inactive === '',
        reason: inactive || 'Decisions are acted on.',
      });
    }
    if (inactive !== '') return false;
    const due = news || this.#isNewRule || this.#world.policy.rebalance === 'slot';
    this.#isNewRule = false;
    // Draining closes positions whatever is decided, and tries again if an order was not filled.
    if (this.#rule.activation === 'drain') return true;
    return due && !(this.#isSettled && this.#isSteady);
  }

  #decidedSections(decisions: readonly (RowValue | undefined)[]): ReadonlySet<number | null> {
    const sections = new Set<number | null>();
    for (const [i, { section }] of this.#books.entries())
      if (section !== null && decisions[i] !== undefined) sections.add(section);
    return sections;
  }

  /** Why no orders are made; empty: they are. */
  #whyInactive(asOf: Seconds, { inactive, activation }: Rule): string {
    const { mode, decisionTtl = Infinity } = this.#world;
    if (mode === 'shadow') return 'The world is in mode shadow: nodes are computed, and no orders are made.';
    if (inactive !== '') return inactive;
    if (activation === 'freeze') return 'The world is frozen: no orders are made.';
    if (this.#books.length === 0)
      return 'The strategy does not say what it trades (this.trade(decision, price)): nodes are computed, and no orders are made.';
    if (activation === 'drain')
      return this.#isFlat ? 'The world is drained: nothing is held, and nothing is opened.' : '';
    if (this.#decidedAt === null) return 'There is no decision yet.';
    if (asOf - this.#decidedAt > decisionTtl)
      return `Decisions are older than ${decisionTtl} s, the world's decisionTtl: no orders are made.`;
    return '';
  }

  get #isFlat(): boolean {
    return this.#books.every(
      ({ symbol, orders }) => orders.length === 0 && this.#holdings.quantity(symbol) === 0,
    );
  }

  /** The holdings that a rule wants for the signals, and whether no symbol has to wait for a price or a decision. */
  #holdingsBy(
    { activation, share }: Rule,
    asOf: Seconds,
    equity: number,
  ): { readonly holdings: readonly Holding[]; readonly isSettled: boolean } {
    const { policy, limits, decisionTtl = Infinity } = this.#world;
    const drains = activation === 'drain';
    const before = this.#books.map(({ weight }) => weight);
    const decided = this.#books.map(({ signal }) => share * (signal ?? 0));
    const weights = drains
      ? before.map(() => 0)
      : limitedWeights(governedWeights(decided, before, policy, this.#recent), equity, limits);
    let isSettled = true;
    const holdings = this.#books.flatMap((book, i): Holding[] => {
      const { symbol, decidedAt } = book;
      const price = this.#holdings.close(i);
      const weight = weights[i] as number;
      // Closing a position needs neither a price nor a decision.
      if (drains)
        return [
          {
            symbol,
            weight,
            price: price ?? 0,
            quantity: this.#holdings.quantity(symbol),
            pending: pendingOf(book),
          },
        ];
      const stale = decidedAt === null || asOf - decidedAt > decisionTtl;
      if (price === null || !(price > 0) || stale) {
        isSettled = false;
        return [];
      }
      if (weight === book.weight && policy.rebalance === 'change') return [];
      return [{ symbol, weight, price, quantity: this.#holdings.quantity(symbol), pending: pendingOf(book) }];
    });
    return { holdings, isSettled };
  }

  #ordersFor(holdings: readonly Holding[], equity: number): SizedOrder[] {
    return ordersFor(holdings, equity, this.#world).map((sized) =>
      sized.target === 0 ? { ...sized, quantity: -this.#expected(sized.symbol) } : sized,
    );
  }

  /** Units held once the orders for the next open are filled. Added in the order of the fills, so that closing leaves exactly 0. */
  #expected(symbol: string): number {
    const { orders } = this.#bySymbol.get(symbol) as Book;
    const held = this.#holdings.quantity(symbol);
    return orders.reduce((sum, { quantity, limit }) => (limit === null ? sum + quantity : sum), held);
  }

  #order(asOf: Seconds, equity: number, events: RunEventBody[]): void {
    const { holdings, isSettled } = this.#holdingsBy(this.#rule, asOf, equity);
    this.#isSettled = isSettled;
    for (const { symbol, weight } of holdings) {
      const book = this.#bySymbol.get(symbol) as Book;
      if (weight !== book.weight) events.push({ type: 'decision', symbol, weight });
      book.weight = weight;
    }
    const wanted = new Map(this.#ordersFor(holdings, equity).map((sized) => [sized.symbol, sized] as const));
    for (const { symbol, price } of holdings) {
      const book = this.#bySymbol.get(symbol) as Book;
      const sized = wanted.get(symbol);
      // Draining does not wait for a price.
      const limit =
        sized && this.#rule.activation !== 'drain'
          ? limitFor(sized.quantity, price, this.#world.fills)
          : null;
      if (sized && limit !== null && restsAs(book, sized.quantity, limit)) continue;
      const reason = sized ? 'Another order takes its place.' : 'It is not wanted any more.';
      events.push(...cancelResting(book, reason));
      if (sized) this.#send(book, sized, limit, asOf, equity, events);
    }
  }

  #send(
    book: Book,
    { symbol, quantity, target }: SizedOrder,
    limit: number | null,
    asOf: Seconds,
    equity: number,
    events: RunEventBody[],
  ): void {
    const order = ++this.#orders;
    book.orders.push({ order, quantity, asOf, limit, rested: 0 });
    if (this.#world.mode === 'live') this.#ordered.set(order, this.#books.indexOf(book));
    events.push(
      { type: 'allocation', symbol, quantity: target, equity },
      { type: 'order', order, symbol, quantity, ...(limit !== null && { limit }) },
    );
  }
}

/** A decision as a number; null: it decides nothing. */
function signalOf(value: RowValue | undefined): number | null {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
