import assert from 'node:assert/strict';

import { doubted, freshnessOf, freshnessText } from '../../src/present/freshness.js';
import { nodeReport, runReport } from '../cli/reports.js';
import { nodeStatus as node, statusReport as status } from './statuses.js';

describe('freshness', () => {
  it('counts what is fresh', () => {
    const freshness = freshnessOf(status(node('a', 'fresh'), node('b', 'fresh')), null);
    assert.equal(freshnessText(freshness), '2/2 fresh');
  });

  it('tells a change of its own from one upstream or in a source', () => {
    const nodes = [node('a', 'stale', 'own'), node('b', 'stale', 'upstream'), node('c', 'stale', 'source')];
    const freshness = freshnessOf(status(...nodes, node('d', 'fresh')), null);
    assert.deepEqual(
      freshness.nodes.map(({ standing }) => standing),
      ['changed', 'maybe-stale', 'maybe-stale', 'fresh'],
    );
    assert.equal(freshnessText(freshness), '1 changed · 2 may be stale');
  });

  it('does not call a node changed that is computed each time', () => {
    const freshness = freshnessOf(status(node('a', 'stale', 'unhashable'), node('b', 'fresh')), null);
    assert.equal(freshnessText(freshness), '1/2 fresh');
  });

  it('counts what is there in part, and what is not there, as not fresh', () => {
    assert.equal(
      freshnessText(freshnessOf(status(node('a', 'partial'), node('b', 'empty')), null)),
      '0/2 fresh',
    );
  });

  it('lets the failures of the last run speak, unless the cache is complete after all', () => {
    const failure = { code: 'compute', message: 'b threw.', asOf: 60, location: null };
    const run = runReport([
      nodeReport('a', { state: 'failed', failure: { ...failure, message: 'a threw.' } }),
      nodeReport('b', { state: 'failed', failure }),
      nodeReport('c', { state: 'blocked', reason: 'b failed.' }),
    ]);
    const stored = status(node('a', 'fresh'), node('b', 'partial'), node('c', 'empty'));
    const freshness = freshnessOf(stored, { report: run, fingerprints: {}, isOfNow: true });
    assert.equal(freshnessText(freshness), '1 failed · 1 blocked · 1/3 fresh');
    assert.deepEqual(
      freshness.nodes.map(({ why }) => why),
      ['a is fresh.', 'b threw.', 'b failed.'],
    );
    assert.equal(freshness.nodes[1]?.failure, failure);
  });

  it('lets the failures of nodes hold that are what they were, when a file was changed while it ran', () => {
    const failure = { code: 'compute', message: 'b threw.', asOf: 60, location: null };
    const report = runReport([
      nodeReport('a', { state: 'failed', failure }),
      nodeReport('b', { state: 'failed', failure }),
      nodeReport('c', { state: 'blocked', reason: 'b failed.' }),
      nodeReport('gone', { state: 'failed', failure }),
    ]);
    const fingerprints = { a: 'f-a of before', b: 'f-b', c: 'f-c', gone: 'f-gone' };
    const stored = status(node('a', 'stale', 'own'), node('b', 'partial'), node('c', 'empty'));
    const standings = (isOfNow: boolean) =>
      freshnessOf(stored, { report, fingerprints, isOfNow }).nodes.map(({ standing }) => standing);
    assert.deepEqual(standings(false), ['changed', 'failed', 'blocked']);
    assert.deepEqual(standings(true), ['failed', 'failed', 'blocked']);
  });

  it('calls a stream failed whose source cannot be read, and blocked what depends on it, however the nodes are listed', () => {
    const failure = { code: 'source', message: 'bars.csv is missing.', asOf: null, location: null };
    const reads = (name: string, input: string) => ({
      ...node(name, 'stale', 'source'),
      inputs: [{ name: input, period: 1 }],
    });
    const nodes = [reads('c', 'b'), reads('b', 'a'), { ...node('a', 'stale', 'source'), failure }];
    const freshness = freshnessOf(status(...nodes, node('d', 'fresh')), null);
    assert.deepEqual(
      freshness.nodes.map(({ standing }) => standing),
      ['blocked', 'blocked', 'failed', 'fresh'],
    );
    assert.equal(freshness.nodes[2]?.why, 'bars.csv is missing.');
    assert.equal(freshness.nodes[2].failure, failure);
  });
});

describe('a strategy in doubt', () => {
  it('is so in what depends on the streams alone that it concerns', () => {
    const below = { ...node('c', 'fresh'), inputs: [{ name: 'b', period: 1 }] };
    const sure = freshnessOf(status(below, node('a', 'fresh'), node('b', 'fresh')), null);
    const { nodes } = doubted(sure, 'b.csv changed.', new Set(['b']));
    assert.deepEqual(
      nodes.map(({ standing }) => standing),
      ['maybe-stale', 'fresh', 'maybe-stale'],
    );
  });

  it('calls nothing fresh that it was made of before something changed', () => {
    const sure = freshnessOf(
      status(node('a', 'fresh'), node('b', 'partial'), node('c', 'stale', 'own'), node('d', 'empty')),
      null,
    );
    const { nodes, counts } = doubted(sure, 'helper.ts was saved.');
    assert.deepEqual(
      nodes.map(({ standing }) => standing),
      ['maybe-stale', 'maybe-stale', 'changed', 'empty'],
    );
    assert.equal(nodes[0]?.why, 'helper.ts was saved.');
    assert.deepEqual([counts.fresh, counts['maybe-stale']], [0, 2]);
  });
});
