import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import {
  snapshotIntrinsics,
  type Intrinsics,
} from '../../../../src/hosts/typescript/fingerprint/intrinsics.js';
import { Node, StreamInput } from '../../../../src/sdk/node.js';
import { demoHistory } from '../../../../src/sdk/providers/providers.js';
import { codeOf, hasher, load, ownCodes } from './support/project.js';

describe('what surrounds a function', () => {
  const price = new StreamInput({ tags: ['A'], historyProvider: demoHistory() });
  const quote = new StreamInput({ tags: ['B'], historyProvider: demoHistory() });
  const request = {
    inputs: new Map([
      [price, 0],
      [quote, 1],
    ]),
    describe: 'fn',
  };

  function hashOf(fn: object, more: object = {}, known?: Intrinsics): string {
    const hashes = hasher(known);
    const code = hashes.ownCode(fn, { ...request, ...more });
    hashes.close();
    assert.equal(code.unhashable, undefined);
    return code.hash;
  }
  const reader =
    (node: unknown): object =>
    () =>
      node;
  const namer =
    (node: { name: string }): object =>
    () =>
      node.name;

  it('counts a captured input by its position', () => {
    assert.equal(hashOf(reader(price)), hashOf(reader(quote), { inputs: new Map([[quote, 0]]) }));
    assert.notEqual(hashOf(reader(price)), hashOf(reader(quote)));
  });

  it('counts a captured node that is no input by its name', () => {
    const other = (name: string): Node => new Node({ name, input: price, computeFn: () => 1 });
    assert.equal(hashOf(reader(other('x'))), hashOf(reader(other('x'))));
    assert.notEqual(hashOf(reader(other('x'))), hashOf(reader(other('y'))));
  });

  it('counts the name of an input if the code reads a name', () => {
    const [a, b] = ['a', 'b'].map(
      (name) => new StreamInput({ name, tags: [], historyProvider: demoHistory() }),
    );
    assert.ok(a && b);
    assert.equal(
      hashOf(reader(a), { inputs: new Map([[a, 0]]) }),
      hashOf(reader(b), { inputs: new Map([[b, 0]]) }),
    );
    assert.notEqual(
      hashOf(namer(a), { inputs: new Map([[a, 0]]) }),
      hashOf(namer(b), { inputs: new Map([[b, 0]]) }),
    );
  });

  it('counts all of a strategy that is used other than by the name of a property', async () => {
    const text = (
      more: string,
      read: string,
    ): string => `import { Strategy, StreamInput, Node, demoHistory } from 'seamless-dag';
      export class Main extends Strategy { a = 1; ${more}; setup() {
        const price = new StreamInput({ tags: ['A'], historyProvider: demoHistory() });
        this.addNodes([new Node({ name: 'n', input: price, computeFn: (v: any) => ${read} })]);
      } }`;
    for (const read of [
      "(this as any)[v.asOf > 0 ? 'a' : 'b']",
      'Object.keys(this).length',
      '({ ...this })',
    ]) {
      const [first, same, other] = await Promise.all(
        ['b = 2', 'b = 2', 'b = 3'].map(
          async (more) => (await ownCodes({ 'main.ts': text(more, read) })).get('n')?.hash,
        ),
      );
      assert.ok(first);
      assert.equal(same, first);
      assert.notEqual(other, first);
    }
  });

  it('counts what a method reads of the object it is called on', () => {
    const provider = (rows: number, other: number): { fetch(): number } => {
      const made = {
        rows,
        other,
        fetch(this: { rows: number }) {
          return this.rows;
        },
      };
      return made;
    };
    const hash = (receiver: { fetch: object }): string => hashOf(receiver.fetch, { receiver });
    assert.equal(hash(provider(1, 2)), hash(provider(1, 3)));
    assert.notEqual(hash(provider(1, 2)), hash(provider(2, 2)));
  });

  it('counts SDK functions by their name', async () => {
    const parts = (
      await codeOf("import { demoHistory } from 'seamless-dag';", '() => demoHistory()')
    ).parts();
    assert.ok(parts.some(({ kind, preview }) => kind === 'built-in' && preview === 'sdk:demoHistory'));
  });

  it('counts a replaced built-in function, whatever calls it', () => {
    const plain = hashOf(reader(1));
    const original = Math.hypot;
    try {
      Math.hypot = () => 5;
      const patched = hashOf(reader(1));
      assert.notEqual(patched, plain);
      Math.hypot = () => 6;
      assert.notEqual(hashOf(reader(1)), patched);
    } finally {
      Math.hypot = original;
    }
    assert.equal(hashOf(reader(1)), plain);
  });

  it('counts a global that was added', () => {
    const global = globalThis as unknown as { addedByTest?: number };
    const fn = (): unknown => global.addedByTest;
    // Libraries of other tests have added their own by now.
    const known = snapshotIntrinsics();
    try {
      global.addedByTest = 1;
      const one = hashOf(fn, {}, known);
      global.addedByTest = 2;
      assert.notEqual(hashOf(fn, {}, known), one);
    } finally {
      delete global.addedByTest;
    }
  });

  it('counts nothing that fetch adds', () => {
    const global = globalThis as unknown as Record<symbol, unknown>;
    const key = Symbol.for('undici.globalDispatcher.test');
    const fn = (): unknown => global;
    const known = snapshotIntrinsics();
    const before = hashOf(fn, {}, known);
    try {
      global[key] = new EventEmitter();
      assert.equal(hashOf(fn, {}, known), before);
    } finally {
      Reflect.deleteProperty(global, key);
    }
  });

  it('runs no getter and no user code', () => {
    let calls = 0;
    const trap = {
      get x() {
        return ++calls;
      },
      toString() {
        calls++;
        return '';
      },
      [Symbol.toPrimitive]() {
        calls++;
        return 1;
      },
    };
    const hashes = hasher();
    hashes.ownCode(reader(trap), request).parts();
    hashes.close();
    assert.equal(calls, 0);
  });

  it('names what a hash is made of', async () => {
    const { exports } = await load({
      'main.ts': 'const mean = (n: number) => n * rate; const rate = 0.5; export const fn = () => mean(2);',
    });
    const hashes = hasher();
    const parts = hashes.ownCode(exports['fn'] as object, { inputs: new Map(), describe: 'fast' }).parts();
    hashes.close();
    assert.deepEqual(
      parts.map(({ path, kind }) => [path, kind]),
      [
        ['fast', 'function'],
        ['mean in closure of fast', 'function'],
        ['rate in closure of mean', 'value'],
      ],
    );
    assert.equal(parts[2]?.preview, '0.5');
  });

  it('gives up on a subclass of something with hidden state', () => {
    class Bus extends EventEmitter {}
    const hashes = hasher();
    const code = hashes.ownCode(reader(new Bus()), request);
    hashes.close();
    assert.match(
      code.unhashable ?? '',
      /`node`, an instance of EventEmitter, whose inner state cannot be read/,
    );
  });
});
