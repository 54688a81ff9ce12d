// Slow (8 s): the same run again and again.
import assert from 'node:assert/strict';

import { Child, nodeOf, Project, storedTables } from '../../../support/project.js';

const START = 1_700_000_040;
const RANGE = { start: START, end: START + 600 };

describe('what cannot be hashed', () => {
  const NODES: Readonly<Record<string, readonly [top: string, code: string, reason: RegExp]>> = {
    native: [
      'const made = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,3,2,1,0,7,5,1,1,102,0,0,10,6,1,4,0,65,42,11]))).exports as any;\nconst f = made.f;',
      'f()',
      /^it captures `f`, a native function$/,
    ],
    proxy: ['const conf: any = new Proxy({ n: 1 }, {});', 'conf.n', /^it captures `conf`, a Proxy$/],
    stream: [
      "import { Readable } from 'node:stream';\nconst input = Readable.from([1]);",
      'Number(input.readable)',
      /^it captures `input`, an instance of Readable, whose inner state cannot be read$/,
    ],
    evaluated: [
      "const text = '1 + 1';",
      'eval(text)',
      /^it calls eval, so it is not known what it depends on$/,
    ],
    made: ['', "new Function('return 3')()", /^it uses the Function constructor, so it is not known/],
    imported: [
      "const wanted = './lib/other.mjs';",
      '(view.asOf < 0 ? import(wanted) : 4)',
      /^it calls import\(\), so it is not known what it depends on$/,
    ],
    helped: [
      'const helper = (x: string) => eval(x);',
      "helper('5')",
      /^`helper in closure of helped` calls eval, so it is not known/,
    ],
    huge: [
      'const table = Array.from({ length: 300_000 }, (_, i) => i);',
      'table[6]',
      /^it captures `table`, a structure of more than 200,000 values$/,
    ],
    weak: ['const seen = new WeakMap();', 'Number(seen.has(view))', /^it captures `seen`, a WeakMap$/],
    required: [
      "import { createRequire } from 'node:module';\nconst load = createRequire(import.meta.url);",
      "load('node:path').sep.length + 8",
      /^it captures `load`, a require function, which loads what is in no fingerprint: import what it needs$/,
    ],
    promised: ['const later = Promise.resolve(1);', '(later ? 8 : 0)', /^it captures `later`, a Promise$/],
  };
  const names = Object.keys(NODES);
  const text = `import { demoHistory, Node, Strategy, StreamInput } from 'seamless-dag';
${Object.values(NODES)
  .map(([top]) => top)
  .join('\n')}
export class Main extends Strategy {
  period = 1;
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: demoHistory() });
    const plain = new Node({ name: 'plain', input: price, computeFn: () => 1 });
    this.addNodes([price, plain]);
${Object.entries(NODES)
  .map(
    ([name, [, code]]) =>
      `    const n_${name} = new Node({ name: '${name}', input: price, computeFn: (view: any) => ${code} });\n    this.addNodes([n_${name}]);`,
  )
  .join('\n')}
    this.addNodes([new Node({ name: 'below', input: n_proxy, computeFn: (view: any) => view.latest(n_proxy) + 1 })]);
  }
}`;
  const child = new Child();
  const project = new Project({ 'main.ts': text });
  after(async () => {
    await child.end();
    project.remove();
  });

  it('is computed each time, and the report says why, of the node itself and once', async () => {
    for (const run of ['first', 'second', 'third']) {
      const report = await child.materialize(project, RANGE);
      assert.deepEqual(
        report.nodes.flatMap(({ failure }) => failure?.message ?? []),
        [],
      );
      for (const name of names) {
        const { state, reason, rows, uncached } = nodeOf(report, name);
        assert.deepEqual([name, state, rows, uncached], [name, 'computed', 10, reason]);
        const [, why = ''] = /^Computed each time, because (.*)\.$/.exec(reason) ?? [];
        assert.match(why, NODES[name]?.[2] as RegExp, `${name}: ${reason}`);
      }
      const said = report.nodes.filter(({ reason }) => reason.includes('a Proxy'));
      assert.deepEqual(
        said.map(({ name }) => name),
        ['proxy'],
      );
      assert.equal(nodeOf(report, 'plain').uncached, undefined);
      assert.equal(nodeOf(report, 'plain').state, run === 'first' ? 'computed' : 'hit');
      assert.equal(nodeOf(report, 'below').state, run === 'first' ? 'computed' : 'reused');
    }
  });

  it('is stale in the status, for the same reason', async () => {
    const { nodes } = await child.request('status', { strategy: project.strategy('main.ts') });
    for (const name of names) {
      const found = nodes.find((node) => node.name === name);
      assert.deepEqual([found?.state, found?.change], ['stale', 'unhashable']);
      const [, why = ''] = /^Computed each time, because (.*)\.$/.exec(found?.reason ?? '') ?? [];
      assert.match(why, NODES[name]?.[2] as RegExp);
    }
  });

  it('gives the rows it would give anywhere', async () => {
    const report = await child.materialize(project, RANGE);
    const tables = await storedTables(project.cacheDir, report);
    const first = names.map((name) => tables.get(name)?.columns[0]?.values[0]);
    assert.deepEqual(first, [42, 1, 1, 2, 3, 4, 5, 6, 0, 9, 8]);
  });
});
