// Slow (6 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';

import { minute, Project, refused, withChild } from '../support/project.js';
import { OHLC_HEADER, ohlcLines } from './support.js';

const CALL = `void Runner.submit('main.ts', { world: 'paper' })`;
const VIOLATION = /Runner\.submit/;

/** A strategy that submits itself from one place. */
function strategy(places: { top?: string; fetch?: string; timer?: string; compute?: string }): string {
  const { top = '', fetch = '', timer = '', compute = '' } = places;
  return `
import { Node, Runner, Strategy, StreamInput } from 'seamless-dag';
${top}
const provider = {
  kind: 'own', options: {},
  bounds: () => ({ first: ${minute(0)}, last: ${minute(99)} }),
  fetch({ start, end }) { ${fetch}; const rows = []; for (let ts = start; ts < end; ts += 60) rows.push({ ts, close: 1 }); return rows; },
};
export class Main extends Strategy {
  setup() {
    ${timer}
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: provider });
    this.addNodes([new Node({ name: 'n', input: price, period: 1, computeFn: (view) => { ${compute}; return view.asOf; } })]);
  }
}
`;
}

describe('materialization refuses the Core Loop', () => {
  const range = { start: minute(0), end: minute(100) };
  async function materialized(places: Parameters<typeof strategy>[0]) {
    const at = new Project({
      'main.ts': strategy(places),
      'bars.csv': OHLC_HEADER + ohlcLines(0, 9),
      'worlds/paper.yaml': 'mode: paper\nfeed: { kind: replay }\n',
    });
    try {
      return await withChild((child) => child.materialize(at, range));
    } finally {
      at.remove();
    }
  }

  it('in a computeFn', async () => {
    const { nodes } = await materialized({ compute: CALL });
    const failure = nodes.find(({ name }) => name === 'n')?.failure;
    assert.equal(failure?.code, 'compute-only');
    assert.match(failure.message, VIOLATION);
  });

  it('at the top of a module', async () => {
    await refused(materialized({ top: CALL }), 'compute-only', VIOLATION);
  });

  it('in a provider', async () => {
    const outcome = await materialized({ fetch: CALL }).then(
      (report) => report.nodes.map(({ failure }) => failure?.message ?? '').join(' '),
      (error: unknown) => String(error),
    );
    assert.match(outcome, VIOLATION);
  });

  it('in a timer that was left behind', async () => {
    const busy = 'const until = 3e5; let x = 0; for (let i = 0; i < until; i++) x += i';
    await assert.rejects(
      materialized({ timer: `setTimeout(() => { ${CALL} }, 0);`, compute: busy }),
      VIOLATION,
    );
  });
});
