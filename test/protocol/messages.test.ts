import assert from 'node:assert/strict';
import { deserialize, serialize } from 'node:v8';

import type { Payload, RequestKind } from '../../src/protocol/payloads.js';
import { parseParentMessage, requestId } from '../../src/protocol/parse.js';
import { deserializeError, serializeError } from '../../src/protocol/wire-error.js';
import {
  ComputeOnlyViolation,
  LookAheadError,
  SeamlessError,
  UndeclaredInput,
} from '../../src/sdk/errors.js';

/** What IPC with serialization 'advanced' does to a value. */
function acrossProcesses<T>(value: T): T {
  return deserialize(serialize(value)) as T;
}

const strategy = { file: '/p/strategy.ts', className: 'Momentum', projectRoot: '/p' };
const location = { file: '/p/strategy.ts', line: 3 };
const node = { projectRoot: '/p', strategy: 'Momentum', node: 'fast' };

const payloads: { [K in RequestKind]?: Payload<K> } = {
  bars: {
    projectRoot: '/p',
    preset: 'btc',
    spec: {
      id: 'btc',
      intervalMs: 60_000,
      slaPreset: 'strict',
      sla: { deadline: 30, coverage: 0.99, lag: 300, miss: 'hold' },
      provider: 'http',
      options: { url: 'https://example.com/{start}' },
      pinned: false,
    },
    start: 0,
    end: 60,
  },
  materialize: {
    strategy: { ...strategy, className: null },
    start: 0,
    end: 60,
    only: 'missing',
    cacheDir: '/p/.seamless',
  },
  verify: { strategy, nodes: ['fast'], sample: 5 },
  sql: { projectRoot: '/p', sql: 'SELECT 1 AS one', most: 10 },
  series: { ...node, start: 0, end: 60, points: 100 },
  rows: { ...node, from: 10, count: 5 },
  read: { ...node, last: 2 },
  export: { projectRoot: '/p', strategy: 'Momentum', nodes: ['fast'], format: 'csv', path: '/p/out.csv' },
  cache: { projectRoot: '/p', action: 'clean', limits: { maxBytes: 10 }, dryRun: true, memoryMb: 64 },
  run: { strategy, world: 'paper', run: 'paper-1', resume: true },
  debug: { strategy, node: 'fast', bar: 60, cacheDir: '/p/.seamless', inspect: true },
};

describe('protocol: messages', () => {
  for (const [kind, payload] of Object.entries(payloads)) {
    it(`carries the payload of ${kind} unchanged, and refuses one that lacks a part`, () => {
      const message = { type: 'request', id: 7, kind, payload };
      assert.deepStrictEqual(parseParentMessage(acrossProcesses(message)), message);
      const without = { ...message, payload: Object.fromEntries(Object.entries(payload).slice(1)) };
      assert.throws(() => parseParentMessage(without), {
        message: new RegExp(`^The request ${kind} is malformed`),
      });
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

  it('turns an unforeseen error into an internal one that keeps its stack', () => {
    const error = new TypeError('x is not a function');
    const back = deserializeError(acrossProcesses(serializeError(error)));
    assert.strictEqual(back.code, 'internal');
    assert.match(back.message, /inside Seamless: x is not a function\. Please report it/);
    assert.strictEqual(back.cause, error.stack);
    assert.match(deserializeError(serializeError('just a text')).message, /just a text/);
  });
});
