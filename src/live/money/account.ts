import type { OpenPosition, Trade } from '../../sdk/live/live.js';
import type { Seconds } from '../../sdk/time/time.js';

/** A filled order, or a filled part of one. */
export interface Fill {
  readonly symbol: string;
  readonly quantity: number;
  /** Money per unit, slippage included. */
  readonly price: number;
  /** Negative: a rebate. Only makers get one, and only if the world declares it. */
  readonly fee: number;
  /** Money lost to slippage, at least 0. */
  readonly slippage: number;
}

/** An open trade. */
interface OpenTrade {
  readonly opened: Seconds;
  /** Number of the symbol's bars before the one that opened it. */
  readonly bar: number;
  readonly sign: number;
  largest: number;
  /** Units and money of all entries, and of all exits. */
  unitsIn: number;
  moneyIn: number;
  unitsOut: number;
  moneyOut: number;
  fees: number;
}

/** Cash and positions. Only fills change them: cash changes by the price of the units and the fee, and by nothing else. */
export class Account {
  cash: number;
  fees = 0;
  /** Sum of |quantity · price|. */
  traded = 0;
  readonly trades: Trade[] = [];
  readonly #positions = new Map<string, number>();
  readonly #open = new Map<string, OpenTrade>();
  readonly #rounding: number;

  /** @param rounding a position counts as closed if no more than this share of a trade's units is left of it */
  constructor(capital: number, rounding = 0) {
    this.cash = capital;
    this.#rounding = rounding;
  }

  quantity(symbol: string): number {
    return this.#positions.get(symbol) ?? 0;
  }

  get positions(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#positions].filter(([, quantity]) => quantity !== 0));
  }

  /**
   * @param at open of the bar it was filled at
   * @param bar number of the symbol's bars before that one
   */
  apply(fill: Fill, at: Seconds, bar: number): void {
    const { symbol, quantity, price, fee } = fill;
    const before = this.quantity(symbol);
    this.cash -= quantity * price + fee;
    this.fees += fee;
    this.traded += Math.abs(quantity * price);
    const after = this.#roundedToFlat(symbol, before, quantity);
    this.#positions.set(symbol, after);
    const units = Math.abs(quantity);
    const closes = Math.sign(before) === -Math.sign(quantity);
    const closing = !closes ? 0 : after === 0 ? units : Math.min(Math.abs(before), units);
    const share = closing / units;
    if (closing > 0) this.#close({ symbol, quantity: closing, price, fee: fee * share }, at, bar);
    const opening = units - closing;
    if (opening === 0) return;
    const part = { symbol, quantity: Math.sign(quantity) * opening, price, fee: fee * (1 - share) };
    this.#enter(part, at, bar);
  }

  /** What is held after a fill. */
  #roundedToFlat(symbol: string, before: number, quantity: number): number {
    const after = before + quantity;
    if (this.#rounding === 0 || after === 0) return after;
    const largest = Math.max(Math.abs(before), Math.abs(quantity), this.#open.get(symbol)?.largest ?? 0);
    return Math.abs(after) <= this.#rounding * largest ? 0 : after;
  }

  /**
   * The open position of a symbol, with its profit if it were closed now.
   * @param price of a unit now
   * @param bars number of the symbol's bars so far
   */
  open(symbol: string, price: number, bars: number): OpenPosition | null {
    const trade = this.#open.get(symbol);
    if (!trade) return null;
    const quantity = Math.abs(this.quantity(symbol));
    const { sign, opened, unitsIn, moneyIn, moneyOut, fees } = trade;
    return {
      symbol,
      side: sideOf(sign),
      quantity,
      opened,
      entry: moneyIn / unitsIn,
      price,
      fees,
      profit: sign * (moneyOut + quantity * price - moneyIn) - fees,
      bars: bars - trade.bar,
    };
  }

  #enter({ symbol, quantity, price, fee }: Part, at: Seconds, bar: number): void {
    const trade = this.#open.get(symbol) ?? {
      opened: at,
      bar,
      sign: Math.sign(quantity),
      largest: 0,
      unitsIn: 0,
      moneyIn: 0,
      unitsOut: 0,
      moneyOut: 0,
      fees: 0,
    };
    const units = Math.abs(quantity);
    trade.unitsIn += units;
    trade.moneyIn += units * price;
    trade.fees += fee;
    trade.largest = Math.max(trade.largest, Math.abs(this.quantity(symbol)));
    this.#open.set(symbol, trade);
  }

  #close({ symbol, quantity, price, fee }: Part, at: Seconds, bar: number): void {
    const trade = this.#open.get(symbol);
    if (!trade) return;
    trade.unitsOut += quantity;
    trade.moneyOut += quantity * price;
    trade.fees += fee;
    const left = this.quantity(symbol);
    if (left !== 0 && Math.sign(left) === trade.sign) return;
    this.#open.delete(symbol);
    this.trades.push({
      symbol,
      side: sideOf(trade.sign),
      quantity: trade.largest,
      opened: trade.opened,
      closed: at,
      entry: trade.moneyIn / trade.unitsIn,
      exit: trade.moneyOut / trade.unitsOut,
      fees: trade.fees,
      profit: trade.sign * (trade.moneyOut - trade.moneyIn) - trade.fees,
      bars: bar - trade.bar,
    });
  }
}

/** The part of a fill that opens or closes a position, with its share of the fee. */
type Part = Omit<Fill, 'slippage'>;

function sideOf(sign: number): 'long' | 'short' {
  return sign > 0 ? 'long' : 'short';
}
