import assert from 'node:assert/strict';
import { deserialize, serialize } from 'node:v8';

import type { RequestKind } from '../../src/protocol/payloads.js';
import {
  packResult,
  parseChildMessage,
  parseParentMessage,
  parseResult,
  requestId,
} from '../../src/protocol/parse.js';
import { deserializeError, serializeError } from '../../src/protocol/wire-error.js';
import {
  ComputeOnlyViolation,
  LookAheadError,
  SeamlessError,
  UndeclaredInput,
} from '../../src/sdk/errors.js';
import { location, samples, strategy } from './samples.js';

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
      const sent = acrossProcesses(packResult(kind, result));
      assert.deepStrictEqual(parseResult(kind, sent), result);
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

  it('turns an unforeseen error into an internal one that keeps its stack', () => {
    const error = new TypeError('x is not a function');
    const back = deserializeError(acrossProcesses(serializeError(error)));
    assert.strictEqual(back.code, 'internal');
    assert.match(back.message, /inside Seamless: x is not a function\. Please report it/);
    assert.strictEqual(back.cause, error.stack);
    assert.match(deserializeError(serializeError('just a text')).message, /just a text/);
  });
});
