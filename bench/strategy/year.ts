import {
  csvHistory,
  Node,
  rollingMax,
  rollingMin,
  rollingStd,
  sma,
  Strategy,
  StreamInput,
  type View,
} from 'seamless-dag';

/** Windows of 5 minutes to 4 hours, and returns over up to an hour: twenty nodes over one stream of minutes. */
export class Year extends Strategy {
  override readonly interval = '1m';

  setup(): void {
    const price = new StreamInput({ tags: ['price'], historyProvider: csvHistory('year.csv') });
    this.addNodes([price]);
    for (const period of [5, 20, 60, 240]) {
      this.addNodes([
        sma({ name: `mean${period}`, input: price, period }),
        rollingMin({ name: `min${period}`, input: price, period }),
        rollingMax({ name: `max${period}`, input: price, period }),
        rollingStd({ name: `std${period}`, input: price, period }),
      ]);
    }
    for (const bars of [1, 5, 15, 60]) {
      const computeFn = (view: View): number => {
        const close = view.window(price).column('close');
        return (close[bars] as number) / (close[0] as number) - 1;
      };
      this.addNodes([new Node({ name: `return${bars}`, input: price, period: bars + 1, computeFn })]);
    }
  }
}
