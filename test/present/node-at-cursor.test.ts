import assert from 'node:assert/strict';

import { nodeAtCursor } from '../../src/editor/model/node-at-cursor.js';
import { freshnessOf } from '../../src/present/freshness.js';
import { nodeAt } from '../../src/discovery/node-at.js';
import { nodeStatus, statusReport } from './statuses.js';

const TEXT = `import { Node, sma, Strategy } from 'seamless-dag';
export class Main extends Strategy {
  setup() {
    const fast = sma({ input: price, period: 5 });
    const signal = new Node({
      name: 'signal',
      input: fast,
      period: 1,
      computeFn: (view) => {
        return view.latest(fast) > 0;
      },
    });
    this.addNodes([fast, signal]);
  }
}
`;
const FILE = '/p/main.ts';

describe('the node at the cursor', () => {
  const at = (name: string, line: number) => ({
    ...nodeStatus(name, 'fresh'),
    location: { file: FILE, line, column: 18 },
  });
  const { nodes } = freshnessOf(statusReport(at('fast', 4), at('signal', 5)), null);
  const here = (line: number, column: number): string | null =>
    nodeAtCursor(nodes, { file: FILE, line, at: nodeAt(FILE, TEXT, line, column) });

  it('is the one whose name it is on, in any use of it', () => {
    assert.equal(here(7, 15), 'fast');
    assert.equal(here(13, 20), 'fast');
    assert.equal(here(13, 27), 'signal');
  });

  it('is the one whose function it is in', () => {
    assert.equal(here(10, 9), 'signal');
    assert.equal(here(8, 8), 'signal');
  });

  it('is none before any, and none in another file', () => {
    assert.equal(here(1, 1), null);
    assert.equal(nodeAtCursor(nodes, { file: '/p/other.ts', line: 9, at: null }), null);
    assert.equal(nodeAtCursor(nodes, null), null);
  });
});
