/** Options for how a wire is asked: they do not change the bars. */
const TRANSPORT: Readonly<Record<string, readonly string[]>> = {
  http: ['stabilizationBars', 'pace', 'attempts', 'timeout', 'limit'],
  ccxt: ['stabilizationBars', 'pace', 'attempts', 'timeout', 'limit'],
  postgres: ['stabilizationBars', 'attempts', 'timeout'],
};

/** Default for how many of the newest closed bars are not taken yet. */
export const STABILIZATION_BARS = 1;

/** Whether a kind of provider uses the network. */
export function isWire(kind: string): boolean {
  return kind in TRANSPORT;
}

/** The option of a wire that contains `{symbol}`, to be replaced by a universe's symbols. */
const SYMBOL_OPTION: Readonly<Record<string, string>> = { http: 'url', ccxt: 'symbol' };

export const SYMBOL_PLACE = '{symbol}';

/** The option in which a wire takes one symbol at a time; null: it takes none, or has a symbol column. */
export function symbolOption(kind: string): string | null {
  return SYMBOL_OPTION[kind] ?? null;
}

/** The provider's options without those for how it is asked. */
export function withTransport(
  kind: string,
  options: object,
): {
  readonly options: Readonly<Record<string, unknown>>;
  readonly transport?: Readonly<Record<string, unknown>>;
} {
  const names = TRANSPORT[kind];
  const all = Object.entries(options).filter(([, value]) => value !== undefined);
  if (!names) return { options: Object.fromEntries(all) };
  const [which, how] = [false, true].map((wanted) =>
    Object.fromEntries(all.filter(([name]) => names.includes(name) === wanted)),
  ) as [Record<string, unknown>, Record<string, unknown>];
  return { options: which, transport: how };
}
