import {
  columns,
  Node,
  parquetHistory,
  rollingCorrelation,
  rollingMax,
  rollingMin,
  rollingStd,
  sma,
  Strategy,
  Universe,
} from 'seamless-dag';

/** The 14 factors of a panel, each once per symbol of one long table. */
export class Factors extends Strategy {
  override readonly interval = '1d';

  setup() {
    const history = parquetHistory('data/panel.parquet');
    const price = new Universe({ name: 'price', history, symbol: 'symbol' });
    const change = (name: string, bars: number) =>
      new Node<number>({
        name,
        input: price,
        period: bars + 1,
        computeFn: columns((series) => {
          const { end, column } = series.of(price);
          const close = column('close');
          const out = new Float64Array(series.length);
          for (let i = 0; i < out.length; i++) {
            const last = (end[i] ?? NaN) - 1;
            out[i] = (close[last] ?? NaN) / (close[last - bars] ?? NaN) - 1;
          }
          return out;
        }),
      });
    const max20 = rollingMax({ name: 'max20', input: price, period: 20, column: 'high' });
    const min20 = rollingMin({ name: 'min20', input: price, period: 20, column: 'low' });
    const rsv20 = new Node<number>({
      name: 'rsv20',
      input: [price, min20, max20],
      period: 1,
      computeFn: columns((series) => {
        const [at, least, most] = [series.of(price), series.of(min20), series.of(max20)];
        const [close, low, high] = [at.column('close'), least.column('value'), most.column('value')];
        const out = new Float64Array(series.length);
        for (let i = 0; i < out.length; i++) {
          const bottom = low[(least.end[i] ?? NaN) - 1] ?? NaN;
          const top = high[(most.end[i] ?? NaN) - 1] ?? NaN;
          out[i] = ((close[(at.end[i] ?? NaN) - 1] ?? NaN) - bottom) / (top - bottom);
        }
        return out;
      }),
    });
    const column = ['close', 'volume'] as const;
    this.addNodes([price, change('ret1', 1), change('roc5', 5), change('roc20', 20), max20, min20, rsv20]);
    this.addNodes([5, 10, 20, 60].map((period) => sma({ name: `mean${period}`, input: price, period })));
    this.addNodes([
      rollingStd({ name: 'std20', input: price, period: 20 }),
      sma({ name: 'vmean20', input: price, period: 20, column: 'volume' }),
      rollingStd({ name: 'vstd20', input: price, period: 20, column: 'volume' }),
      rollingCorrelation({ name: 'corr20', input: [price, price], column, period: 20 }),
    ]);
  }
}
