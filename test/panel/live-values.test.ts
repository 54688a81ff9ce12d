import assert from 'node:assert/strict';
import { NewestValues } from '../../src/panel/live-values.js';

const node = (name: string, fingerprint = name) => ({ name, fingerprint });
const member = (family: string, symbol: string) => ({
  name: `${family}[${symbol}]`,
  fingerprint: `${family} ${symbol}`,
  family,
  symbol,
});

describe('the newest values of a run', () => {
  it('are sent once per change, each bar with its close', () => {
    const newest = new NewestValues();
    const nodes = [node('price'), node('fast')];
    newest.take({ type: 'bar', seq: 1, asOf: 60, stream: 'price', ts: 0, row: { open: 1, close: 2.5 } });
    newest.take({ type: 'value', seq: 2, asOf: 60, node: 'fast', ts: 0, value: 1234.5 });
    assert.deepEqual(newest.changes([]), [], 'nothing is described yet');
    assert.deepEqual(newest.changes(nodes), [
      { name: 'price', asOf: 60, text: '2.5' },
      { name: 'fast', asOf: 60, text: '1,234.5' },
    ]);
    assert.deepEqual(newest.changes(nodes), []);
    newest.take({ type: 'value', seq: 3, asOf: 120, node: 'fast', ts: 60, value: null });
    assert.deepEqual(newest.changes(nodes), [{ name: 'fast', asOf: 120, text: 'null' }]);
    newest.again();
    assert.equal(newest.changes(nodes).length, 2);
    assert.equal(newest.asOf, 120);
  });

  it('are not those of a bar before, though it was said again, but are those of one that was revised', () => {
    const newest = new NewestValues();
    const nodes = [node('fast')];
    newest.take({ type: 'value', seq: 1, asOf: 120, node: 'fast', ts: 60, value: 2 });
    newest.take({ type: 'revised', seq: 2, asOf: 180, node: 'fast', ts: 0, value: 7, before: 1 });
    assert.deepEqual(newest.changes(nodes), [{ name: 'fast', asOf: 120, text: '2' }]);
    newest.take({ type: 'revised', seq: 3, asOf: 180, node: 'fast', ts: 60, value: 8, before: 2 });
    assert.deepEqual(newest.changes(nodes), [{ name: 'fast', asOf: 180, text: '8' }]);
  });

  it('of a node that another stands for are that one’s', () => {
    const newest = new NewestValues();
    newest.take({ type: 'value', seq: 1, asOf: 60, node: 'fast', ts: 0, value: 2 });
    const told = newest.changes([node('fast', 'same'), node('again', 'same'), node('other')]);
    assert.deepEqual(
      told.map(({ name }) => name),
      ['fast', 'again'],
    );
  });

  it('of a family are a count of the symbols that have a row of its newest time', () => {
    const newest = new NewestValues();
    const nodes = [
      { name: 'rank[*]', fingerprint: 'all', family: 'rank' },
      ...['A', 'B', 'C'].map((symbol) => member('rank', symbol)),
    ];
    for (const symbol of ['A', 'B', 'C'])
      newest.take({ type: 'value', seq: 1, asOf: 60, node: `rank[${symbol}]`, ts: 0, value: 1 });
    assert.deepEqual(newest.changes(nodes), [{ name: 'rank', asOf: 60, text: '3 symbols' }]);
    for (const symbol of ['A', 'B'])
      newest.take({ type: 'value', seq: 4, asOf: 120, node: `rank[${symbol}]`, ts: 60, value: 1 });
    assert.deepEqual(newest.changes(nodes), [{ name: 'rank', asOf: 120, text: '2 symbols' }]);
    assert.deepEqual(newest.changes(nodes), []);
  });
});
