// Slow (45 s): a run for every way to keep state.
import assert from 'node:assert/strict';
import { builtinModules } from 'node:module';

import { profile } from '../../../support/profile.js';
import { Child, nodeOf, Project, storedTables } from '../../../support/project.js';

/** The line of the strategy, or of `lib/state.ts`, that the message must name. */
const HERE = '/*here*/';

interface Case {
  readonly what: string;
  /** The variable, as the message names it. */
  readonly variable: string;
  /** The body of the computeFn. */
  readonly body: string;
  readonly top?: string;
  /** Members of the strategy. */
  readonly members?: string;
  /** Where the line is. Default: `main.ts`. */
  readonly file?: string;
}

const CASES: readonly Case[] = [
  {
    what: 'a counter',
    variable: 'count in closure of tested',
    top: 'let count = 0;',
    body: `count += 1; ${HERE}\nreturn count;`,
  },
  {
    what: 'a flag that turns to and fro',
    variable: 'flag in closure of tested',
    top: 'let flag = false;',
    body: `const before = flag;\nflag = !flag; ${HERE}\nreturn before;`,
  },
  {
    what: 'a value that is worked out once',
    variable: 'factor in closure of tested',
    top: 'let factor: number | undefined;',
    body: `factor ??= 2; ${HERE}\nreturn factor;`,
  },
  {
    what: 'an array it pushes to',
    variable: 'seen in closure of tested',
    top: 'const seen: number[] = [];',
    body: `if (seen.length > 100) return 0;\nseen.push(view.asOf); ${HERE}\nreturn seen.length;`,
  },
  {
    what: 'an object deep within another',
    variable: 'state.inner.total in closure of tested',
    top: 'const state = { inner: { total: 0 } };',
    body: `return (state.inner.total += 1); ${HERE}`,
  },
  {
    what: 'a Map it fills',
    variable: 'memo in closure of tested',
    top: 'const memo = new Map<number, number>();',
    body: `memo.set(view.asOf, 1); ${HERE}\nreturn memo.size;`,
  },
  {
    what: 'a Set it fills',
    variable: 'known in closure of tested',
    top: 'const known = new Set<number>();',
    body: `return known.add(view.asOf).size; ${HERE}`,
  },
  {
    what: 'a typed array it writes to',
    variable: 'ring in closure of tested',
    top: 'const ring = new Float64Array(4);',
    body: `ring[0] += 1; ${HERE}\nreturn ring[0];`,
  },
  {
    what: 'the place a sticky regular expression stopped at',
    variable: 'pattern in closure of tested',
    top: 'const pattern = /a/g;',
    body: `return pattern.test('aa'); ${HERE}`,
  },
  {
    what: 'a streaming indicator',
    variable: 'ema.#value in closure of tested',
    top: 'class Ema { #value = 0; next(x: number) { return (this.#value += (x - this.#value) / 3); } }\nconst ema = new Ema();',
    body: `return ema.next(view.latest(price).close); ${HERE}`,
  },
  {
    what: 'a property of this',
    variable: 'this.total in closure of tested',
    members: 'total = 0;',
    body: `this.total += 1; ${HERE}\nreturn this.total;`,
  },
  {
    what: 'a property of this that nobody declared',
    variable: 'this.last in closure of tested',
    body: `const before = (this as any).last ?? 0;\n(this as any).last = before + 1; ${HERE}\nreturn before;`,
  },
  {
    what: 'a private field of this',
    variable: 'this.#total in closure of tested',
    members: '#total = 0;',
    body: `return ++this.#total; ${HERE}`,
  },
  {
    what: 'a variable of another file',
    variable: 'calls in closure of next',
    file: 'lib/state.ts',
    body: 'return next();',
  },
  {
    what: 'a variable of a function that made another',
    variable: 'own in closure of step',
    top: `const make = () => {\nlet own = 0;\nreturn () => ++own; ${HERE}\n};\nconst step = make();`,
    body: 'return step();',
  },
  {
    what: 'a static field',
    variable: 'Tally.hits in closure of tested',
    top: 'class Tally { static hits = 0; }',
    body: `return ++Tally.hits; ${HERE}`,
  },
  {
    what: 'a property of a helper',
    variable: 'helper.calls in closure of tested',
    top: 'const helper: any = () => 1;\nhelper.calls = 0;',
    body: `helper.calls++; ${HERE}\nreturn helper.calls;`,
  },
  {
    what: 'a property of a helper that has none yet',
    variable: 'helper.calls in closure of tested',
    top: 'const helper: any = () => 1;',
    body: `helper.calls = (helper.calls ?? 0) + 1; ${HERE}\nreturn helper.calls;`,
  },
  {
    what: 'a number hung on Math',
    variable: 'Math.count in closure of tested',
    body: `return ((Math as any).count = ((Math as any).count ?? 0) + 1); ${HERE}`,
  },
  {
    what: 'a number that was hung on Math before',
    variable: 'Math.count in closure of tested',
    top: '(Math as any).count = 0;',
    body: `return ((Math as any).count += 1); ${HERE}`,
  },
  {
    what: 'a number hung on all arrays',
    variable: 'Array.prototype.count',
    body: `return ((([] as any).__proto__).count = (([] as any).count ?? 0) + 1);`,
  },
  {
    what: 'a number hung on a class of the SDK',
    variable: 'Node.count in closure of tested',
    body: `return ((Node as any).count = ((Node as any).count ?? 0) + 1); ${HERE}`,
  },
  {
    what: 'a number hung on the process',
    variable: 'process.count in closure of tested',
    body: `return ((process as any).count = ((process as any).count ?? 0) + 1); ${HERE}`,
  },
  {
    what: 'a global variable',
    variable: 'globalThis.count in closure of tested',
    body: `return ((globalThis as any).count = ((globalThis as any).count ?? 0) + 1); ${HERE}`,
  },
  {
    what: 'the tags of a stream',
    variable: 'price.tags in closure of tested',
    body: `return (price.tags as string[]).push('x'); ${HERE}`,
  },
  {
    what: "a property of another node's function",
    variable: 'other.computeFn.count in closure of tested',
    body: `const fn = other.computeFn as any;\nreturn (fn.count = (fn.count ?? 0) + 1);`,
  },
  {
    what: 'a generator',
    variable: 'counter in closure of tested',
    top: 'const counter = (function* () { let n = 0; for (;;) yield ++n; })();',
    body: `return counter.next().value; ${HERE}`,
  },
  {
    what: 'an iterator of a list',
    variable: 'items in closure of tested',
    top: 'const items = [1, 2, 3][Symbol.iterator]();',
    body: `return items.next().value ?? 0; ${HERE}`,
  },
  {
    what: 'an object that a WeakMap holds',
    variable: 'totals.n in closure of tested',
    top: 'const key = {};\nconst totals = new WeakMap([[key, { n: 0 }]]);',
    body: `return (totals.get(key)!.n += 1); ${HERE}`,
  },
  {
    what: 'a WeakSet it fills',
    variable: 'seen in closure of tested',
    top: 'const key = {};\nconst seen = new WeakSet();',
    body: `const first = !seen.has(key); ${HERE}\nseen.add(key);\nreturn first;`,
  },
  {
    what: 'the target of a Proxy',
    variable: 'conf.n in closure of tested',
    top: 'const conf: any = new Proxy({ n: 0 }, {});',
    body: `return (conf.n += 1); ${HERE}`,
  },
  {
    what: 'URLSearchParams',
    variable: 'query.#searchParams in closure of tested',
    top: "const query = new URLSearchParams('a=1');",
    body: `query.append('b', '2'); ${HERE}\nreturn [...query].length;`,
  },
  {
    what: 'listeners of an EventEmitter',
    variable: 'bus._eventsCount in closure of tested',
    top: "import { EventEmitter } from 'node:events';\nconst bus = new EventEmitter();",
    body: `bus.on('bar', () => 1); ${HERE}\nreturn bus.listenerCount('bar');`,
  },
  {
    what: 'a TextDecoder',
    variable: 'decoder in closure of tested',
    top: 'const decoder = new TextDecoder();',
    body: `return decoder.decode(new Uint8Array([0xe2]), { stream: true }).length; ${HERE}`,
  },
  {
    what: 'what the last match left',
    variable: 'RegExp.$1 in closure of tested',
    body: `const before = RegExp.$1;\n/(.)/.exec(String(view.asOf));\nreturn before;`,
  },
  {
    what: 'the limit of stack traces',
    variable: 'Error.stackTraceLimit in closure of tested',
    body: `return (Error.stackTraceLimit += 1); ${HERE}`,
  },
  {
    what: 'a signal that it aborts',
    variable: 'controller.signal[Symbol(kAborted)] in closure of tested',
    top: 'const controller = new AbortController();',
    body: `const before = controller.signal.aborted;\ncontroller.abort(); ${HERE}\nreturn before;`,
  },
  {
    what: 'the number of listeners that Node warns of',
    variable: 'EventEmitter.defaultMaxListeners in closure of tested',
    top: "import { EventEmitter } from 'node:events';",
    body: `return (EventEmitter.defaultMaxListeners += 1); ${HERE}`,
  },
];

/** What belongs to all code: its name, the code before it, and the body of the computeFn. */
const OF_ALL: readonly (readonly [name: string, top: string, body: string])[] = [
  ['String.raw.n', '', 'const raw: any = String.raw; return (raw.n = (raw.n ?? 0) + 1);'],
  [
    'Error.stackTraceLimit',
    '',
    'const of: any = Object.getPrototypeOf(TypeError); return (of.stackTraceLimit += 1);',
  ],
  ['process.exitCode', '', 'return (process.exitCode = Number(process.exitCode ?? 0) + 1);'],
  [
    'node:path.basename.count',
    "import { basename } from 'node:path';",
    'return ((basename as any).count = ((basename as any).count ?? 0) + 1);',
  ],
  [
    'util.inspect.defaultOptions.depth',
    "import { inspect } from 'node:util';",
    'return (inspect.defaultOptions.depth = Number(inspect.defaultOptions.depth) + 1);',
  ],
  [
    'node:util.inspect.styles.n',
    "import { inspect } from 'node:util';",
    'const styles: any = inspect.styles; styles.n = String(Number(styles.n ?? 0) + 1); return styles.n;',
  ],
  [
    'node:http.STATUS_CODES.299',
    "import { STATUS_CODES } from 'node:http';",
    'const codes: any = STATUS_CODES; return (codes[299] = String(Number(codes[299] ?? 0) + 1));',
  ],
  [
    'node:fs.constants.n',
    "import * as fs from 'node:fs';",
    'const all: any = fs.constants; all.n = (all.n ?? 0) + 1; return all.n;',
  ],
];

/** Objects whose inside nobody can see: what makes one, and what reads and changes it. */
const UNSEEN: Readonly<Record<string, readonly [top: string, body: string]>> = {
  'an iterator of segments': [
    "const kept = new Intl.Segmenter('en').segment('abcdefghijklmnopqrstuvwxyz')[Symbol.iterator]();",
    "return kept.next().value?.segment ?? '';",
  ],
  'a formatter with a property': [
    "const kept: any = new Intl.NumberFormat('en');",
    'return (kept.n = (kept.n ?? 0) + 1);',
  ],
  'a stream it reads': [
    "import { PassThrough } from 'node:stream';\nconst kept = new PassThrough({ objectMode: true });\nfor (let i = 0; i < 100; i++) kept.write({ i });",
    'return kept.read()?.i ?? -1;',
  ],
  'a stream it locks': [
    'const kept = new ReadableStream();',
    'const before = kept.locked; if (!before) kept.getReader(); return String(before);',
  ],
  'the memory of WebAssembly': [
    'const kept = new (WebAssembly as any).Memory({ initial: 1 });',
    'return new Int32Array(kept.buffer)[0]++;',
  ],
  'what a WeakRef refers to': [
    'const all = [{ n: 0 }];\nconst kept = new WeakRef(all[0]!);',
    'return kept.deref()!.n++;',
  ],
  'a port with messages': [
    "import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';\nconst kept = new MessageChannel();",
    'const got = receiveMessageOnPort(kept.port2); kept.port1.postMessage(1); return got ? 1 : 0;',
  ],
  'a histogram': [
    "import { createHistogram } from 'node:perf_hooks';\nconst kept = createHistogram();",
    'kept.record(5); return Number(kept.count);',
  ],
};

function strategy({ top = '', members = '', body }: Case): string {
  return `import { demoHistory, Node, Strategy, StreamInput } from 'seamless-dag';
import { next } from './lib/state';
${top}
export class Main extends Strategy {
  period = 1;
  ${members}
  setup() {
    const price: any = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: demoHistory() });
    const other = new Node({ name: 'other', input: price, computeFn: () => 1 });
    const tested = new Node({ name: 'tested', input: price, computeFn: (view: any) => {
      ${body}
    } });
    this.addNodes([price, other, tested]);
  }
}`;
}

const STATE = `let calls = 0;
export function next(): number {
  calls += 1; ${HERE}
  return calls;
}
`;

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
