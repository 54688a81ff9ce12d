import assert from 'node:assert/strict';
import { deserialize, serialize } from 'node:v8';

import type { Payload, RequestKind } from '../../src/protocol/payloads.js';
import type { Result } from '../../src/protocol/results.js';
import { parseChildMessage, parseParentMessage, parseResult, requestId } from '../../src/protocol/parse.js';
import { deserializeError, serializeError } from '../../src/protocol/wire-error.js';
import {
  ComputeOnlyViolation,
  LookAheadError,
  SeamlessError,
  UndeclaredInput,
} from '../../src/sdk/errors.js';

const strategy = { file: '/p/strategy.ts', className: 'Momentum', projectRoot: '/p' };
const location = { file: '/p/strategy.ts', line: 3 };

const samples: { [K in RequestKind]: { payload: Payload<K>; result: Result<K> } } = {
  describe: {
    payload: { strategy },
    result: {
      strategy: 'Momentum',
      nodes: [
        { name: 'price', kind: 'stream', label: 'csv', interval: 60, inputs: [], location },
        {
          name: 'fast',
          kind: 'node',
          label: 'sma',
          interval: 60,
          inputs: [{ name: 'price', period: 5 }],
          location: null,
        },
      ],
    },
  },
  materialize: {
    payload: {
      strategy: { ...strategy, className: null },
      start: 0,
      end: 60,
      only: 'missing',
      cacheDir: '/p/.seamless',
    },
    result: {
      strategy: 'Momentum',
      range: [0, 60],
      coverageBounds: null,
      nodeCount: 1,
      hits: 0,
      reused: 0,
      computed: 0,
      partial: 0,
      failed: 1,
      blocked: 0,
      stale: 0,
      elapsedMs: 1.5,
      nodes: [
        {
          name: 'fast',
          kind: 'node',
          label: 'node',
          state: 'failed',
          interval: 60,
          rows: 0,
          columns: ['value'],
          coverage: [[0, 30]],
          computedRanges: [],
          reusedRanges: [],
          unavailable: [],
          notYet: [],
          unfired: null,
          reason: 'It threw.',
          failure: { code: 'compute', message: 'It threw.', asOf: 60, location },
        },
      ],
    },
  },
  status: {
    payload: { strategy, start: 0, end: 60 },
    result: {
      strategy: 'Momentum',
      range: [0, 60],
      data: [0, 60],
      dataFiles: ['/p/bars.csv'],
      untold: [],
      nodes: [
        {
          name: 'fast',
          fingerprint: 'f',
          kind: 'node',
          label: 'node',
          interval: 60,
          state: 'stale',
          change: 'own',
          inputs: [{ name: 'price', period: 5 }],
          location,
          unavailable: [[0, 30]],
          notYet: [[30, 60]],
          unfired: null,
          failure: null,
          coverage: [],
          rows: 2,
          reason: 'Its code changed.',
          changes: [],
          reused: [],
          earlier: [],
        },
      ],
      lastRanges: [[0, 60]],
      files: ['/p/momentum.ts'],
    },
  },
  verify: {
    payload: { strategy, nodes: ['fast'], sample: 5 },
    result: {
      strategy: 'Momentum',
      ranges: [[0, 60]],
      nodes: [
        {
          name: 'fast',
          state: 'differs',
          rows: 1,
          differing: 1,
          first: { ts: 0, before: 1, after: null },
          reason: 'It differs.',
        },
      ],
    },
  },
  sql: {
    payload: { projectRoot: '/p', sql: 'SELECT 1 AS one', most: 10 },
    result: { columns: [{ name: 'one', type: 'INTEGER' }], rows: [[1]], more: false },
  },
  bounds: { payload: { strategy }, result: { range: [0, 60] } },
  series: {
    payload: { projectRoot: '/p', strategy: 'Momentum', node: 'fast', start: 0, end: 60, points: 100 },
    result: {
      interval: 60,
      versions: [
        {
          fingerprint: 'f',
          since: 1,
          until: null,
          rows: 1,
          coverage: [[0, 60]],
          table: {
            shape: 'value',
            ts: new Float64Array([0]),
            names: ['value'],
            columns: [{ type: 'number', values: new Float64Array([1]), valid: null }],
            present: null,
          },
        },
      ],
    },
  },
  rows: {
    payload: { projectRoot: '/p', strategy: 'Momentum', node: 'fast', from: 10, count: 5 },
    result: {
      fingerprint: 'a1',
      total: 11,
      from: 10,
      table: {
        shape: 'value',
        ts: new Float64Array([600]),
        names: ['value'],
        columns: [{ type: 'number', values: new Float64Array([1]), valid: null }],
        present: null,
      },
    },
  },
  diff: {
    payload: { projectRoot: '/p', strategy: 'Momentum', node: 'fast' },
    result: {
      strategy: 'Momentum',
      node: 'fast',
      after: { since: 2, until: null },
      before: { since: 1, until: 2 },
      compared: [[0, 60]],
      difference: {
        common: 1,
        changed: 1,
        onlyBefore: 0,
        onlyAfter: 0,
        largest: { ts: 0, column: 'value', difference: 1 },
        first: { ts: 0, before: 1, after: { up: true, by: null } },
        spans: [[0, 60]],
      },
    },
  },
  places: {
    payload: { projectRoot: '/p', strategy: 'Momentum', node: 'fast', start: 60 },
    result: {
      folder: '/p/.seamless/packs',
      parts: [
        {
          start: 60,
          end: 180,
          segment: {
            start: 0,
            end: 180,
            rows: 3,
            digest: 'd',
            schema: { shape: 'value', names: ['value'], types: ['number'] },
            pack: 'a.parquet',
            layout: {
              ts: [3, 4, 0, 24, 't'],
              from: 0,
              columns: [[[3, 28, 0, 24, 'v']]],
              exact: {},
              present: [],
              state: null,
            },
          },
        },
      ],
    },
  },
  read: {
    payload: { projectRoot: '/p', strategy: 'Momentum', node: 'fast', last: 2 },
    result: {
      shape: 'record',
      ts: new Float64Array([0, 60]),
      names: ['a', 'b', 'c', 'd'],
      columns: [
        { type: 'number', values: new Float64Array([-0, Number.NaN]), valid: null },
        { type: 'boolean', values: new Uint8Array([1, 0]), valid: new Uint8Array([1, 0]) },
        { type: 'string', values: ['x', ''], valid: null },
        { type: 'null', values: new Float64Array(2), valid: new Uint8Array(2) },
      ],
      present: new Uint8Array([1, 0]),
    },
  },
  export: {
    payload: { projectRoot: '/p', strategy: 'Momentum', nodes: ['fast'], format: 'csv', path: '/p/out.csv' },
    result: { path: '/p/out.csv', rows: 2, others: [{ node: 'fast', version: 'earlier' }] },
  },
  refresh: {
    payload: { strategy, cacheDir: '/p/.seamless', memoryMb: 512 },
    result: { strategy: 'Momentum', streams: ['price'] },
  },
  cache: {
    payload: { projectRoot: '/p', action: 'clean', limits: { maxBytes: 10 }, dryRun: true, memoryMb: 64 },
    result: {
      file: '/p/.seamless/cache.duckdb',
      bytes: 10,
      strategies: [
        {
          strategy: 'Momentum',
          rows: 2,
          bytes: 5,
          nodes: [{ name: 'fast', rows: 2, bytes: 5, pinned: true }],
        },
      ],
      freed: 0,
      packs: { count: 2, bytes: 1_000_000, liveBytes: 765_432 },
      cleanable: { bytes: 3, strategies: ['Old'] },
    },
  },
  run: {
    payload: { strategy, world: 'paper', run: 'paper-1', resume: true },
    result: {
      run: 'paper-1',
      strategy: 'Momentum',
      world: 'paper',
      mode: 'paper',
      reason: 'stopped',
      slots: 2,
      range: [60, 120],
      computedNodes: null,
      orders: 1,
      fills: 1,
      fees: 0.5,
      trades: [
        { symbol: 'price', side: 'long', quantity: 1, opened: 0, closed: 60, entry: 1, exit: 2, profit: 0.5 },
      ],
      capital: 100,
      cash: 90,
      equity: 101,
      positions: { price: 1 },
      metrics: {
        totalReturn: 0.01,
        cagr: null,
        volatility: null,
        sharpe: null,
        sortino: null,
        calmar: null,
        maxDrawdown: 0,
        drawdownSeconds: 0,
        turnover: 0.1,
        exposure: 0.5,
        winRate: 1,
        profitFactor: null,
        periodsPerYear: 365,
      },
      days: [[86_400, 101]],
    },
  },
  parity: {
    payload: { projectRoot: '/p', run: 'paper-1' },
    result: {
      run: 'paper-1',
      strategy: 'Momentum',
      range: [0, 60],
      nodes: 1,
      rows: 1,
      notYet: 0,
      differing: 1,
      first: { node: 'fast', ts: 0, live: 1, materialized: null },
    },
  },
  inspect: {
    payload: { projectRoot: '/p', path: 'data/x.csv' },
    result: {
      time: 'Date',
      timeWords: 'ISO-8601, UTC',
      otherTimes: [],
      columns: [{ name: 'Close', type: 'number' }],
      details: ['a header'],
      interval: 86_400,
      phase: 0,
      rows: 2,
      first: 0,
      last: 172_800,
      gaps: 1,
      longest: [[86_400, 172_800]],
      notes: [],
      bad: 0,
      faults: [],
      line: "csvHistory('data/x.csv')",
    },
  },
  debug: {
    payload: { strategy, node: 'fast', bar: 60, cacheDir: '/p/.seamless', inspect: true },
    result: {
      strategy: 'Momentum',
      node: 'fast',
      bar: 60,
      asOf: 120,
      windows: [{ input: 'price', bars: 5 }],
      row: {
        shape: 'value',
        ts: Float64Array.of(60),
        names: ['value'],
        columns: [{ type: 'number', values: Float64Array.of(1.5), valid: null }],
        present: null,
      },
      failure: { code: 'compute', message: 'It failed.', asOf: 120, location },
    },
  },
};

/** What IPC with serialization 'advanced' does to a value. */
function acrossProcesses<T>(value: T): T {
  return deserialize(serialize(value)) as T;
}

describe('protocol: messages', () => {
  for (const [name, { payload, result }] of Object.entries(samples)) {
    const kind = name as RequestKind;
    it(`carries the payload and the result of ${kind} unchanged`, () => {
      const message = { type: 'request', id: 7, kind, payload };
      assert.deepStrictEqual(parseParentMessage(acrossProcesses(message)), message);
      assert.deepStrictEqual(parseResult(kind, acrossProcesses(result)), result);
    });

    it(`refuses a payload and a result of ${kind} that lack a part`, () => {
      const withoutFirst = (whole: object): object => Object.fromEntries(Object.entries(whole).slice(1));
      const message = { type: 'request', id: 7, kind, payload: withoutFirst(payload) };
      assert.throws(
        () => parseParentMessage(message),
        (error) => {
          return (
            error instanceof SeamlessError && error.message.startsWith(`The request ${kind} is malformed`)
          );
        },
      );
      assert.throws(
        () => parseResult(kind, withoutFirst(result)),
        (error) => error instanceof SeamlessError && error.code === 'internal',
      );
    });
  }

  it('says which part is malformed', () => {
    const message = {
      type: 'request',
      id: 1,
      kind: 'materialize',
      payload: { strategy, start: 'x', end: 1 },
    };
    assert.throws(() => parseParentMessage(message), /The request materialize is malformed at start: /);
  });

  it('refuses what no parent sends', () => {
    const strangers = [
      null,
      'cancel',
      {},
      { type: 'request', id: 1, kind: 'delete', payload: {} },
      { type: 'request', id: -1, kind: 'describe', payload: { strategy } },
      { type: 'request', id: 1, kind: 'describe', payload: { strategy: { ...strategy, file: '' } } },
      { type: 'cancel' },
    ];
    for (const stranger of strangers) assert.throws(() => parseParentMessage(stranger), SeamlessError);
    assert.deepStrictEqual(parseParentMessage({ type: 'cancel', id: 4 }), { type: 'cancel', id: 4 });
  });

  it('tells the id of a message that is otherwise broken', () => {
    assert.strictEqual(requestId({ type: 'request', id: 12, kind: 'nonsense' }), 12);
    assert.strictEqual(requestId({ type: 'request' }), null);
    assert.strictEqual(requestId('12'), null);
  });

  it('knows every message of a child and no other', () => {
    const progress = { phase: 'computing', node: 'fast', done: 1, total: 2 };
    const messages = [
      { type: 'ready' },
      { type: 'progress', id: 1, progress },
      { type: 'inspect', id: 1, url: 'ws://127.0.0.1:9/x' },
      { type: 'result', id: 1, value: null },
      { type: 'error', id: 1, error: serializeError(new SeamlessError('cycle', 'A cycle.')) },
      { type: 'log', level: 'warn', text: 'careful' },
    ];
    for (const message of messages)
      assert.deepStrictEqual(parseChildMessage(acrossProcesses(message)), message);
    const strangers = [
      { type: 'progress', id: 1, progress: { ...progress, phase: 'sleeping' } },
      { type: 'error', id: 1, error: { ...serializeError(new Error('x')), code: 'strange' } },
      { type: 'done' },
    ];
    for (const stranger of strangers) assert.throws(() => parseChildMessage(stranger), SeamlessError);
  });
});

describe('protocol: errors', () => {
  it('keeps class, code, place and bar of an error', () => {
    const details = { node: 'fast', asOf: 60, location };
    const errors = [
      new SeamlessError('cycle', 'A cycle.', details),
      new UndeclaredInput('Undeclared.', details),
      new LookAheadError('Look-ahead.', details),
      new ComputeOnlyViolation('Refused.', details),
      new SeamlessError('usage', 'No details.'),
    ];
    for (const error of errors) {
      const back = deserializeError(acrossProcesses(serializeError(error)));
      assert.strictEqual(back.constructor, error.constructor);
      assert.strictEqual(back.name, error.name);
      const { code, message, node, asOf } = error;
      assert.deepStrictEqual(
        { code: back.code, message: back.message, node: back.node, asOf: back.asOf, location: back.location },
        { code, message, node, asOf, location: error.location },
      );
    }
  });

  it('turns what nobody foresaw into an internal error that keeps its stack', () => {
    const error = new TypeError('x is not a function');
    const back = deserializeError(acrossProcesses(serializeError(error)));
    assert.strictEqual(back.code, 'internal');
    assert.match(back.message, /inside Seamless: x is not a function\. Please report it/);
    assert.strictEqual(back.cause, error.stack);
    assert.match(deserializeError(serializeError('just a text')).message, /just a text/);
  });
});
