import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';

/** The file is a finished download, which nothing in it tells: the author says so. */
export class S extends Strategy {
  setup() {
    const m = new StreamInput({
      tags: ['m'],
      interval: '1m',
      historyProvider: csvHistory('data/m.csv', { completeUntil: '2024-03-14' }),
    });
    const day = new Node({
      name: 'day',
      interval: '1d',
      input: m,
      period: 1,
      computeFn: (view) => view.latest(m).close,
    });
    this.addNodes([m, day]);
  }
}
