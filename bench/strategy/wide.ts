import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';

/** Nodes, the stream not counted: two levels over one stream of minutes. */
const NODES = 10_000;

/** Ten thousand closures made in a loop, each with numbers of its own, which call closures made in the same loop. */
export class Wide extends Strategy {
  override readonly interval = '1m';

  setup(): void {
    const price = new StreamInput({ tags: ['price'], historyProvider: csvHistory('year.csv') });
    this.addNodes([price]);
    for (let n = 0; n < NODES / 2; n++) {
      const weigh = (value: number): number => value * (n + 1);
      const first = new Node({
        name: `first${n}`,
        input: price,
        period: 1 + (n % 5),
        computeFn: (view) => weigh(view.window(price).column('close')[0] as number),
      });
      const second = new Node({
        name: `second${n}`,
        input: first,
        period: 1,
        computeFn: (view) => view.latest<number>(first) - n,
      });
      this.addNodes([first, second]);
    }
  }
}
