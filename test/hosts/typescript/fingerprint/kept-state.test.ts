// Slow (45 s): a run for every way to keep state.
import assert from 'node:assert/strict';
import { builtinModules } from 'node:module';

import { profile } from '../../../support/profile.js';
import { Child, nodeOf, Project } from '../../../support/project.js';
import { CASES, HERE, OF_ALL, STATE, strategy, UNSEEN } from './support/kept-state.js';

const START = 1_700_000_040;
const RANGE = { start: START, end: START + 600 };

describe('a computeFn that keeps state', () => {
  const child = new Child();
  const project = new Project({ 'lib/state.ts': STATE });
  after(async () => {
    await child.end();
    project.remove();
  });

  for (const each of CASES) {
    it(`in ${each.what} fails, with the variable, the line and the way out, and leaves nothing behind`, async () => {
      const text = strategy(each);
      project.write({ 'main.ts': text });
      const report = await child.materialize(project, RANGE);
      const { failure, rows, state } = nodeOf(report, 'tested');
      assert.deepEqual([state, failure?.code, failure?.asOf, rows], ['failed', 'compute', null, 0]);
      const message = failure?.message ?? '';
      assert.ok(message.includes(` changed ${each.variable}. `), message);
      assert.match(message, /make the node a ScanNode \{ init, step \} \([\w/.]+:\d+\)\.$/);
      const { file = 'main.ts' } = each;
      const lines = (file === 'main.ts' ? text : STATE).split('\n');
      const line = lines.findIndex((found) => found.includes(HERE)) + 1;
      if (line > 0)
        assert.deepEqual(
          [failure?.location?.file, failure?.location?.line],
          [project.path(file), line],
          message,
        );
      // Neither do others that are no part of it fail, in this run or in a later one of the same process.
      assert.equal(nodeOf(report, 'other').failure, null);
      if (profile === 'fast' && each !== CASES.at(-1)) return;
      project.write({ 'main.ts': strategy({ what: '', variable: '', body: 'return 1;' }) });
      assert.equal((await child.materialize(project, RANGE)).failed, 0);
    });
  }

  for (const [name, top, body] of OF_ALL) {
    it(`in ${name} fails with its name, and the next strategy does not find it`, async () => {
      const text = strategy({ what: '', variable: '', top, body });
      for (const turn of ['first', 'second']) {
        project.write({ 'main.ts': `${text}\n// ${turn}` });
        const report = await child.materialize(project, RANGE).catch((error: unknown) => error as Error);
        const message =
          report instanceof Error ? report.message : (nodeOf(report, 'tested').failure?.message ?? '');
        assert.match(message, new RegExp(` changed ${name.replaceAll('.', '\\.')}[, ]`));
      }
    });
  }

  for (const [what, [top, body]] of Object.entries(UNSEEN)) {
    it(`in ${what} fails, since its bars give other values when they are computed again`, async () => {
      project.write({ 'main.ts': strategy({ what: '', variable: '', top, body }) });
      const { failure, rows } = nodeOf(await child.materialize(project, RANGE), 'tested');
      assert.deepEqual([failure?.code, failure?.asOf, rows], ['compute', null, 0], failure?.message);
      assert.match(
        failure?.message ?? '',
        /keeps state between bars: the bar .* gave .* when it was computed again\. .*`kept`, .* ScanNode/,
      );
    });
  }

  it('that uses modules of Node as a whole keeps none, and is vouched for', async () => {
    const top =
      "import * as util from 'node:util';\nimport * as fs from 'node:fs';\nimport * as http from 'node:http';";
    const body =
      'return util.types.isDate(view.asOf) ? fs.constants.F_OK : Object.keys(http.STATUS_CODES).length + util.format("%d", 1).length;';
    project.write({ 'main.ts': strategy({ what: '', variable: '', top, body }) });
    const first = await child.materialize(project, RANGE);
    assert.deepEqual([first.failed, nodeOf(first, 'tested').rows], [0, 10]);
    assert.equal(nodeOf(await child.materialize(project, RANGE), 'tested').state, 'hit');
  });

  it('that uses every module of Node as a whole keeps none, and is vouched for', async () => {
    // What is retired warns, trace_events is not there in a thread, and module and vm make code that nothing tells of.
    const names = builtinModules.filter(
      (name) => !/^(?:_|punycode|sys$|domain|trace_events|module$|vm$|node:)/.test(name),
    );
    const top = names.map((name, at) => `import * as m${at} from 'node:${name}';`).join('\n');
    const body = `return ${names.map((_, at) => `Object.keys(m${at}).length`).join(' + ')};`;
    project.write({ 'main.ts': strategy({ what: '', variable: '', top, body }) });
    const first = await child.materialize(project, RANGE);
    const { failure, rows } = nodeOf(first, 'tested');
    assert.deepEqual([failure, rows], [null, 10]);
    const { state, reason } = nodeOf(await child.materialize(project, RANGE), 'tested');
    assert.equal(state, 'hit', reason);
  });

  /** Classes that Node loads when they are first used, made in the function, and beside it and read in the function. */
  const LATE: Readonly<Record<string, readonly [made: string, read: string]>> = {
    AbortController: ['new AbortController()', 'made.signal.aborted'],
    AbortSignal: ['AbortSignal.abort()', 'made.aborted'],
    EventTarget: ['new EventTarget()', "made.dispatchEvent(new Event('x'))"],
    Headers: ["new Headers({ a: 'b' })", "made.get('a')"],
    Request: ["new Request('http://localhost/')", 'made.method'],
    Response: ["new Response('x')", 'made.status'],
    FormData: ['new FormData()', "made.has('a')"],
    Blob: ["new Blob(['x'])", 'made.size'],
    DOMException: ["new DOMException('x', 'AbortError')", 'made.name'],
    ReadableStream: ['new ReadableStream()', 'made.locked'],
  };
  for (const [name, [made, read]] of Object.entries(LATE)) {
    it(`that uses ${name} keeps none, wherever it is made`, async () => {
      const inside = strategy({
        what: '',
        variable: '',
        body: `const made = ${made}; return String(${read});`,
      });
      const before = strategy({
        what: '',
        variable: '',
        top: `const made = ${made};`,
        body: `return String(${read});`,
      });
      for (const text of [inside, before]) {
        project.write({ 'main.ts': text });
        const report = await child.materialize(project, RANGE);
        const { failure, rows } = nodeOf(report, 'tested');
        assert.deepEqual([failure, rows], [null, 10]);
      }
    });
  }

  it('that keeps none is left alone, whatever it makes and changes of its own', async () => {
    const body = `const seen: number[] = []; seen.push(1); const memo = new Map(); memo.set(1, 2);
      class Own { n = 0; next() { return ++this.n; } }
      const counter = new Own(); counter.next(); const f: any = () => 1; f.calls = 1;
      return counter.next() + seen.length + memo.size + f.calls + Math.max(1, 2) + [3, 1].sort()[0]!;`;
    project.write({ 'main.ts': strategy({ what: '', variable: '', body }) });
    const report = await child.materialize(project, RANGE);
    assert.deepEqual([report.failed, nodeOf(report, 'tested').rows], [0, 10]);
  });
});
