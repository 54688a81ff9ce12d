// Slow (70 s): the strategy is loaded anew for every built-in that is changed.
import assert from 'node:assert/strict';

import type { RunReport } from '../../../src/engine/run/reporting/report.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import { openStore } from '../../../src/store/store.js';
import {
  Child,
  CSV_HEADER,
  csvLines,
  minute,
  nodeOf,
  Project,
  refused,
  runFresh,
  states,
} from '../../support/project.js';
import { profile } from '../../support/profile.js';
import { BESIDE, LANGUAGE, NODE, type Patch } from './patches.js';
import { INNOCENT, strategyWith } from './strategies.js';

const RANGE = { start: minute(0), end: minute(200) };
const AT = minute(50);
const FILES = { 'bars.csv': CSV_HEADER + csvLines(0, 200) };

interface Stored {
  readonly fingerprint: string;
  readonly ts: readonly number[];
  readonly values: readonly unknown[];
}

/** What the cache has of nodes of the strategy, read in this process. */
async function storedOf(project: Project, names: readonly string[]): Promise<Record<string, Stored>> {
  const store = await openStore({ dir: project.cacheDir });
  try {
    const stored: Record<string, Stored> = {};
    for (const name of names) {
      const { fingerprint } = (await store.findNode('Main', name)) ?? assert.fail(name);
      const [table] = await store.read([{ fingerprint, range: RANGE }]);
      assert.ok(table);
      const values = table.columns.map((column) => [...column.values]);
      stored[name] = { fingerprint, ts: [...table.ts], values };
    }
    return stored;
  } finally {
    await store.close();
  }
}

/** Timers, calls back and promises of Node go through these: with one of them changed a turn of the event loop may never end. */
const IN_A_TURN = [
  ...['Math.min', 'Function.prototype.apply', 'Object.prototype.0', 'Object.prototype.then'],
  ...['Promise.prototype.then', 'globalThis.Promise', 'Array.prototype.push', 'Map.prototype.get'],
];

/** Of Node's own, those that a turn of the event loop goes through. */
const OF_NODE_IN_A_TURN = [
  ...['EventEmitter.prototype.emit', 'EventEmitter.prototype.on', 'AsyncLocalStorage.prototype.run'],
  ...['AsyncLocalStorage.prototype.getStore', 'MessagePort.prototype.postMessage', 'process.emit'],
  'process.nextTick',
];

/** The thread takes a turn of its event loop after such a bar, in the middle of a chunk. It sleeps, which costs nothing. */
function takingLong(patch: Patch): Patch {
  const sleep = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);';
  return { ...patch, code: `${patch.code} ${sleep}` };
}

function named(patches: readonly Patch[], wanted: readonly string[]): Patch[] {
  return wanted.map((name) => patches.find((patch) => patch.name === name) ?? assert.fail(name));
}

/** What a child that has run nothing else makes of the strategy that does no harm. */
async function alone(): Promise<Record<string, Stored>> {
  const project = new Project({ ...FILES, 'main.ts': strategyWith({}) });
  try {
    await runFresh(project, RANGE);
    return await storedOf(project, INNOCENT);
  } finally {
    project.remove();
  }
}

describe('a wall between strategies', () => {
  let innocent: Record<string, Stored>;
  let project: Project;
  let child: Child;
  before(async () => {
    innocent = await alone();
    child = new Child();
  });
  after(() => child.end());
  // One child for all: whatever one of them leaves behind, the strategy that does no harm would meet. At night one for each.
  beforeEach(() => {
    project = new Project(FILES);
  });
  afterEach(async () => {
    project.remove();
    if (profile === 'fast' && child.client.alive) return;
    await child.end();
    child = new Child();
  });

  /** The strategy that does no harm, in the same child and the same cache, has what a new child has. */
  async function assertUntouched(): Promise<void> {
    project.write({ 'main.ts': strategyWith({}) });
    const report = await child.materialize(project, RANGE);
    assert.deepEqual(report.coverageBounds, [RANGE.start, RANGE.end]);
    assert.deepEqual(await storedOf(project, INNOCENT), innocent);
  }

  /** What becomes of it is no concern of others: rows under fingerprints of its own, or a sentence. */
  async function runOrSentence(): Promise<RunReport | null> {
    try {
      return await child.materialize(project, RANGE);
    } catch (error) {
      assert.ok(error instanceof SeamlessError, String(error));
      assert.notEqual(error.code, 'internal', error.message);
      return null;
    }
  }

  /** A test for all of them in one child, at night one for each. */
  function together(patches: readonly Patch[], title: string, work: (patch: Patch) => Promise<void>): void {
    const groups = profile === 'nightly' ? patches.map((patch) => [patch]) : [patches];
    for (const group of groups) {
      const [first] = group;
      it(`${title}: ${first?.name}${group.length > 1 ? ` and ${group.length - 1} more` : ''}`, async () => {
        for (const patch of group) await work(patch);
        await assertUntouched();
      });
    }
  }

  const atOneBar: [when: string, patches: readonly Patch[], bar: (patch: Patch) => Patch][] = [
    ['at one bar', LANGUAGE.filter(({ forGood }) => !forGood), (patch) => patch],
    ['at a bar that takes long', named(LANGUAGE, IN_A_TURN), takingLong],
  ];
  for (const [when, patches, bar] of atOneBar) {
    it(`a built-in changed ${when} fails that node with its name, and no other node sees it`, async () => {
      project.write({ 'main.ts': strategyWith({ bars: patches.map(bar), at: AT }) });
      const report = await child.materialize(project, RANGE);
      for (const [index, { name }] of patches.entries()) {
        const { state, failure, rows } = nodeOf(report, `hostile${index}`);
        assert.equal(state, 'failed', name);
        assert.equal(rows, 0, name);
        const sentence = `Main: Node hostile${index} changed ${name}, which is built in`;
        assert.ok(failure?.message.startsWith(sentence), `${sentence}: ${failure?.message}`);
      }
      for (const name of INNOCENT) assert.equal(nodeOf(report, name).state, 'computed', name);
      await assertUntouched();
    });
  }

  const ofNode = [...named(LANGUAGE, ['Array.prototype.concat']), ...NODE];
  const long = profile === 'nightly' ? ofNode : named(ofNode, OF_NODE_IN_A_TURN);
  for (const patches of [ofNode, long.map(takingLong)]) {
    const title = `changed at one bar${patches === ofNode ? '' : ' that takes long'}, nothing of the chunk is kept`;
    together(patches, title, async (patch) => {
      project.write({ 'main.ts': strategyWith({ bars: [patch], at: AT }) });
      const failed = await runOrSentence();
      if (failed) assert.equal(states(failed)['hostile0'], 'failed', patch.name);
    });
  }

  const tops = [
    ...[
      'Math.ceil',
      'Object.is',
      'Object.keys',
      'Reflect.ownKeys',
      'Array.prototype.filter',
      'Array.prototype.push',
    ],
    ...[
      'Array.prototype[Symbol.iterator]',
      'Set.prototype.has',
      'Map.prototype.get',
      'JSON.stringify',
      'RegExp.prototype.exec',
    ],
    ...[
      'Promise.prototype.then',
      'Function.prototype.call',
      'Float64Array.prototype.slice',
      'globalThis.Promise',
    ],
    ...['globalThis.Object', 'Object.prototype.then', 'Object.prototype.get', 'Object.prototype.0'],
  ];
  it('a built-in changed in setup() is refused by its name, and the next strategy sees nothing of it', async () => {
    for (const { name, code } of profile === 'nightly' ? LANGUAGE : named(LANGUAGE, tops)) {
      project.write({ 'main.ts': strategyWith({ setup: code }) });
      const { message } = await refused(child.materialize(project, RANGE), 'strategy', /^setup\(\) changed /);
      assert.ok(message.startsWith(`setup() changed ${name}, `), `${name}: ${message}`);
    }
    await assertUntouched();
  });

  const neverSettle: [name: string, code: string][] = [
    ['Promise.prototype.then', `(Promise.prototype as any).then = function () { return this; };`],
    ['Object.prototype.then', `(Object.prototype as any).then = () => undefined;`],
    ['Array.prototype.then', `(Array.prototype as any).then = () => undefined;`],
  ];
  for (const [name, code] of neverSettle) {
    it(`a provider that changes ${name}, so that no promise settles, fails with a sentence`, async () => {
      project.write({
        'main.ts': `import { Node, Strategy, StreamInput } from 'seamless-dag';
const provider = { kind: 'own', options: {}, version: () => 'one', async fetch() { await 0; ${code} return Promise.resolve([]); } };
const price = new StreamInput({ tags: ['own'], interval: '1m', historyProvider: provider });
export class Own extends Strategy {
  setup() {
    this.addNodes([new Node({ name: 'n', input: price, period: 2, computeFn: (view) => view.latest(price).close })]);
  }
}`,
      });
      const wanted = `the strategy changed ${name}, which is built in, so that no promise settles any more: leave it as it was.`;
      const failed = await child
        .materialize(project, RANGE)
        .catch((error: unknown) => error as SeamlessError);
      const message = failed instanceof Error ? failed.message : nodeOf(failed, 'own').failure?.message;
      assert.ok(message?.includes(wanted), message);
      await assertUntouched();
    });
  }

  it('a built-in changed by a provider as it is waited for changes no row, its own included', async () => {
    const fetch = (patches: string): string => `import { Node, Strategy, StreamInput } from 'seamless-dag';
const rows = [${Array.from({ length: 200 }, (_, at) => `{ ts: ${minute(at)}, close: ${at % 7} }`).join(', ')}];
const provider = { kind: 'own', options: {}, version: () => 'one', async fetch() { await 0; ${patches} await null; return rows; } };
const price = new StreamInput({ tags: ['own'], interval: '1m', historyProvider: provider });
export class Own extends Strategy {
  setup() {
    this.addNodes([new Node({ name: 'n', input: price, period: 2, computeFn: (view) => view.latest(price).close })]);
  }
}`;
    // With these, what it waits for itself never comes.
    const endless = ['Promise.prototype.then', 'globalThis.Promise', 'Object.prototype.then'];
    const patches = named(LANGUAGE, tops).filter(({ name }) => !endless.includes(name));
    for (const { name, code } of patches) {
      project.write({ 'main.ts': fetch(code) });
      const report = await runOrSentence();
      if (!report) continue;
      assert.equal(nodeOf(report, 'n').rows, 199, name);
    }
    await assertUntouched();
  });

  for (const patches of [named(LANGUAGE, tops), NODE, BESIDE]) {
    const title = 'changed at the top of the module, reaches neither the host nor the next strategy';
    together(patches, title, async ({ code }) => {
      project.write({ 'main.ts': strategyWith({ top: code }) });
      await runOrSentence();
    });
  }

  it('a built-in changed at the top of the module counts in every fingerprint, and its code is what nodes call', async () => {
    project.write({ 'main.ts': strategyWith({}) });
    await child.materialize(project, RANGE);
    project.write({ 'main.ts': strategyWith({ top: `Math.ceil = () => 7;` }) });
    const patched = await child.materialize(project, RANGE);
    for (const name of INNOCENT) assert.equal(nodeOf(patched, name).state, 'computed', name);
    project.write({ 'main.ts': strategyWith({ top: `Math.ceil = () => 8;` }) });
    const edited = await child.materialize(project, RANGE);
    for (const name of INNOCENT) assert.equal(nodeOf(edited, name).state, 'computed', name);
    const { after } = await storedOf(project, ['after']);
    assert.deepEqual(new Set(after?.values[0] as number[]), new Set([8]));
  });

  const misleading = ['Array.isArray', 'Array.prototype.push', 'Map.prototype.get', 'RegExp.prototype.test'];
  for (const patch of named(LANGUAGE, misleading)) {
    it(`an error that may come of ${patch.name}, changed at the top of the module, names it and the way out`, async () => {
      project.write({ 'main.ts': strategyWith({ top: patch.code }) });
      const report = await child
        .materialize(project, RANGE)
        .catch((error: unknown) => error as SeamlessError);
      const message = report instanceof Error ? report.message : nodeOf(report, 'before').failure?.message;
      const wanted = ` The top level of the module changed ${patch.name}, which is built in and which Seamless uses as well, so this may be the cause: leave it unchanged, and write a function of your own.`;
      assert.ok(message?.endsWith(wanted), message);
    });
  }

  it('what cannot be put back is refused at the top of the module', async () => {
    const [patch] = named(LANGUAGE, ['Array.prototype.concat']);
    project.write({ 'main.ts': strategyWith({ top: patch?.code ?? '' }) });
    await refused(child.materialize(project, RANGE), 'strategy', /changed Array\.prototype\.concat for good/);
    await assertUntouched();
  });

  it('hooks for modules are refused', async () => {
    project.write({ 'main.ts': strategyWith({ top: `module.register('data:text/javascript,');` }) });
    await refused(
      child.materialize(project, RANGE),
      'compute-only',
      /used module\.register .*import what it needs/,
    );
    await assertUntouched();
  });

  it('a strategy that runs out of memory ends with a sentence, and the child goes on', async () => {
    project.write({
      'main.ts': strategyWith({
        bars: [{ code: `const all: any[] = []; for (;;) all.push(new Array(1e6).fill(1.5));` }],
        at: AT,
      }),
    });
    await child.end();
    child = new Child(256);
    await refused(child.materialize(project, RANGE), 'strategy', /ran out of memory/);
    await assertUntouched();
  });
});
