import {
  CrossNode,
  csvHistory,
  Node,
  rank,
  rollingMax,
  rollingMin,
  rollingStd,
  sma,
  Strategy,
  StreamInput,
  Universe,
} from 'seamless-dag';

/** Twenty nodes over one stream of minutes, the last of which decides. */
export class Twenty extends Strategy {
  override readonly interval = '1m';
  override readonly period = 1;

  setup(): void {
    const price = new StreamInput({ tags: ['price'], historyProvider: csvHistory('loop/minutes.csv') });
    const means = [5, 20, 60, 240].map((period) => sma({ name: `mean${period}`, input: price, period }));
    const [fast, , , slow] = means as [Node<number>, Node<number>, Node<number>, Node<number>];
    this.addNodes(means);
    for (const period of [5, 20, 60, 240]) {
      this.addNodes([
        rollingMin({ name: `min${period}`, input: price, period }),
        rollingMax({ name: `max${period}`, input: price, period }),
        rollingStd({ name: `std${period}`, input: price, period }),
      ]);
    }
    for (const bars of [1, 5, 15]) {
      const computeFn = (view: { window(of: StreamInput): { column(name: string): ArrayLike<number> } }) => {
        const close = view.window(price).column('close');
        return (close[bars] as number) / (close[0] as number) - 1;
      };
      this.addNodes([new Node({ name: `return${bars}`, input: price, period: bars + 1, computeFn })]);
    }
    const weight = new Node({
      name: 'weight',
      input: [fast, slow],
      computeFn: (view) => (view.latest(fast) > view.latest(slow) ? 0.9 : 0),
    });
    this.addNodes([weight]);
    this.trade(weight, price);
  }
}

/** Fifteen nodes for each of many symbols. */
export class Many extends Strategy {
  override readonly interval = '1m';
  override readonly period = 1;

  setup(): void {
    const stocks = new Universe({ name: 'stocks', history: csvHistory('loop/stocks.csv'), symbol: 'ticker' });
    const factors: Node<number>[] = [];
    for (const period of [2, 5, 10, 20]) {
      factors.push(
        sma({ name: `mean${period}`, input: stocks, period }),
        rollingMin({ name: `min${period}`, input: stocks, period }),
        rollingMax({ name: `max${period}`, input: stocks, period }),
      );
    }
    const [fast, , , slow] = factors as [Node<number>, Node<number>, Node<number>, Node<number>];
    const momentum = new Node({
      name: 'momentum',
      input: [fast, slow],
      computeFn: (view) => view.latest(fast) / view.latest(slow) - 1,
    });
    const place = new CrossNode({
      name: 'place',
      input: momentum,
      computeFn: (section) => rank(section.column(momentum)),
    });
    const weight = new Node({
      name: 'weight',
      input: place,
      computeFn: (view) => ((view.latest(place) as unknown as number) > 790 ? 0.05 : 0),
    });
    this.addNodes([...factors, weight]);
    this.trade(weight, stocks);
  }
}
