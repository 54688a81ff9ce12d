import assert from 'node:assert/strict';
import { panelNode } from '../../src/panel/nodes.js';
import type { StandingNode } from '../../src/present/freshness.js';

const node: StandingNode = {
  name: 'fast',
  fingerprint: 'f-fast',
  kind: 'node',
  label: 'sma',
  interval: 60,
  state: 'partial',
  change: null,
  inputs: [{ name: 'price', period: 5 }],
  location: { file: '/p/momentum.ts', line: 3 },
  rows: 10,
  coverage: [[600, 1200]],
  unavailable: [[0, 300]],
  notYet: [[3000, 3600]],
  unfired: null,
  reason: 'Complete in part.',
  changes: [],
  reused: [],
  earlier: [],
  standing: 'partial',
  why: 'Complete in part.',
  failure: null,
};

describe('a node as the panel shows it', () => {
  it('leaves the gaps of a partial node as gaps', () => {
    const shown = panelNode(node, [0, 3600]);
    assert.deepEqual([shown.stale, shown.failed], [[], []]);
    assert.equal(shown.located, true);
  });

  it('reports slots that did not fire if there are more than a few', () => {
    const unfired = (slots: number, of: number) =>
      panelNode({ ...node, unfired: { slots, of, missing: [], text: '' } }, [0, 3600]).unfired;
    assert.deepEqual([unfired(1, 101), unfired(1, 100), unfired(7, 7)], [0, 1, 7]);
    assert.equal(panelNode(node, [0, 3600]).unfired, 0);
  });

  it('calls stale what a version before has, and leaves the other gaps as gaps', () => {
    const shown = panelNode(
      { ...node, standing: 'changed', coverage: [], earlier: [[300, 1200]] },
      [0, 3600],
    );
    assert.deepEqual(shown.stale, [[300, 1200]]);
    assert.deepEqual(shown.coverage, []);
  });

  it('calls all stored rows of a changed source stale', () => {
    const shown = panelNode({ ...node, standing: 'maybe-stale', change: 'source' }, [0, 3600]);
    assert.deepEqual([shown.stale, shown.coverage], [[[600, 1200]], []]);
  });

  it('says what changed and what was reused, unless that is in doubt', () => {
    const change = {
      what: 'period',
      kind: 'parameter',
      before: '50',
      after: '40',
      file: 'a.ts',
      text: 'period: 50 → 40',
    } as const;
    const known: StandingNode = { ...node, changes: [change], reused: [[600, 900]] };
    const shown = panelNode(known, [0, 3600]);
    assert.deepEqual(shown.changes, [{ text: 'period: 50 → 40', file: 'a.ts' }]);
    assert.deepEqual(shown.reused, [[600, 900]]);
    assert.deepEqual(panelNode({ ...known, change: 'source' }, [0, 3600]).reused, []);
  });

  it('calls the gaps of a failed node failed from the open of the bar that failed', () => {
    const failure = { code: 'compute', message: 'It threw.', asOf: 1860, location: null };
    const shown = panelNode({ ...node, standing: 'failed', failure }, [0, 3600]);
    assert.deepEqual(shown.failed, [[1800, 3000]]);
  });

  it('calls all gaps of a blocked node failed, and has none without a range', () => {
    assert.deepEqual(panelNode({ ...node, standing: 'blocked' }, [0, 3600]).failed, [
      [300, 600],
      [1200, 3000],
    ]);
    assert.deepEqual(panelNode({ ...node, standing: 'blocked' }, null).failed, []);
  });
});
