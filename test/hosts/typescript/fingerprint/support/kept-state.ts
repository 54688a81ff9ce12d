/** The line of the strategy, or of `lib/state.ts`, that the message must name. */
export const HERE = '/*here*/';

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

export const CASES: readonly Case[] = [
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
export const OF_ALL: readonly (readonly [name: string, top: string, body: string])[] = [
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
export const UNSEEN: Readonly<Record<string, readonly [top: string, body: string]>> = {
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
  // An export, or nothing would hold it until the last bar.
  'what a WeakRef refers to': [
    'export const all = [{ n: 0 }];\nconst kept = new WeakRef(all[0]!);',
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

export function strategy({ top = '', members = '', body }: Case): string {
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

export const STATE = `let calls = 0;
export function next(): number {
  calls += 1; ${HERE}
  return calls;
}
`;
