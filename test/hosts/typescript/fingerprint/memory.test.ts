// Slow (8 s): a load of a strategy for every case.
import assert from 'node:assert/strict';

import { Child, nodeOf, Project, storedTables } from '../../../support/project.js';
import { Session } from './support/session.js';

const START = 1_700_000_040;

describe('memory around a window', () => {
  const BODIES: Readonly<Record<string, string>> = {
    direct:
      "const all = new Float64Array(view.window(price).column('close').buffer); return all.length + all.at(-1)! / 1e6;",
    pattern:
      "const { buffer, byteOffset, length } = view.window(price).column('close'); return buffer.byteLength + byteOffset + length;",
    helped: 'return last(view.window(price).ts) + 0;',
    byText: "return (view.window(price).column('close') as any)[key].byteLength;",
    byHeldText: "return (view.window(price).column('close') as any)[names.memory].byteLength;",
    offset: "return view.window(price).column('close').byteOffset;",
  };
  const text = `import { columns, demoHistory, Node, Strategy, StreamInput } from 'seamless-dag';
import { last } from 'peek';
const key = 'buffer';
const names = { memory: 'buffer' };
export class Main extends Strategy {
  period = 3;
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: demoHistory() });
    const add = (name: string, computeFn: any) => this.addNodes([new Node({ name, input: price, computeFn })]);
${Object.entries(BODIES)
  .map(([name, body]) => `    add('${name}', (view: any) => { ${body} });`)
  .join('\n')}
    add('plain', (view: any) => view.window(price).column('close')[2]);
  }
}`;
  const child = new Child();
  const project = new Project({
    'main.ts': text,
    'node_modules/peek/package.json': '{ "name": "peek", "version": "1.0.0", "main": "index.js" }',
    'node_modules/peek/index.js':
      'exports.last = function (array) { var all = new Float64Array(array.buffer); return all[all.length - 1] - array[array.length - 1]; };',
  });
  after(async () => {
    await child.end();
    project.remove();
  });

  async function rows(end: number, cacheDir: string): Promise<Record<string, number[]>> {
    const report = await child.materialize(project, { start: START, end, cacheDir: project.path(cacheDir) });
    assert.deepEqual(
      report.nodes.flatMap(({ failure }) => failure?.message ?? []),
      [],
    );
    assert.equal(nodeOf(report, 'direct').rows, (end - START) / 60);
    const tables = await storedTables(project.path(cacheDir), report);
    return Object.fromEntries(
      [...Object.keys(BODIES), 'plain'].map((name) => [
        name,
        Array.from(tables.get(name)?.columns[0]?.values as Float64Array),
      ]),
    );
  }

  it('shows no later bar, whatever way code asks for it: a short run gives what a long one gives', async () => {
    const long = await rows(START + 200 * 60, 'long');
    const short = await rows(START + 3 * 60, 'short');
    for (const [name, values] of Object.entries(short))
      assert.deepEqual(values, long[name]?.slice(0, 3), name);
  });

  it('is the window itself, to its last byte', async () => {
    const {
      plain = [],
      direct = [],
      pattern,
      helped,
      byText,
      byHeldText,
      offset,
    } = await rows(START + 180, 'exact');
    assert.deepEqual(
      direct,
      plain.map((close) => 3 + close / 1e6),
    );
    assert.deepEqual(
      [pattern, helped, byText, byHeldText, offset].map((values) => values?.[1]),
      [27, 0, 24, 24, 0],
    );
  });
});

describe('a native addon', () => {
  const session = new Session();
  after(() => session.end());

  const text = `import { Node, Strategy, StreamInput } from 'seamless-dag';
const provider = (scale: number) => ({
  kind: 'native',
  options: { scale },
  version: () => 'pinned',
  fetch: () => [{ ts: 0, close: require('./math.node').scale(scale) }],
});
const other = { kind: 'other', options: {}, fetch: () => [] };
export class Main extends Strategy {
  period = 1;
  setup() {
    const price = new StreamInput({ tags: ['native'], interval: '1m', historyProvider: provider(2) });
    const plain = new StreamInput({ tags: ['plain'], interval: '1m', historyProvider: other });
    const add = (name: string, input: any) => this.addNodes([new Node({ name, input, computeFn: () => 1 })]);
    add('below', price);
    add('beside', plain);
  }
}`;

  it('that a provider uses counts by the bytes of its file', async () => {
    session.write({ 'package.json': '{}', 'main.ts': text, 'math.node': 'first bytes' });
    const before = await session.prints();
    assert.equal(before.get('native')?.unhashable, null);
    session.write({ 'math.node': 'other bytes' });
    const after = await session.prints();
    const changed = [...after]
      .filter(([name, { hash: full }]) => before.get(name)?.hash !== full)
      .map(([name]) => name);
    assert.deepEqual(changed, ['native', 'below']);
    session.write({ 'math.node': 'first bytes' });
    assert.deepEqual(await session.prints(), before);
  });
});
