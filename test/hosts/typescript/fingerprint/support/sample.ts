import type { Files } from './session.js';

/** A strategy project in which each node depends on one kind of thing. */
export const SAMPLE: Files = {
  'main.ts': `
import { Strategy, StreamInput, Node, demoHistory, columns, sma } from 'seamless-dag';
import { score } from './lib/score';
import { spread, Side, Mode } from './lib';
import settings from './settings.json';
import { smooth } from 'fake-smooth';
import { Meter, Base, FieldMeter } from './lib/meter';
import * as kit from './lib/kit';
import { depth } from './settings.json';
import { ewm } from '@quant/ewm';
import bytes from './lib/answer.wasm';
import { Ticks } from './lib/ticks';
import type { Shape } from './lib/types';

const limits = { low: 1, nested: { high: 9 } };
const steps = [1, 2, 3];
const weights = new Map<string, unknown>([['a', 1], ['b', { c: 2 }]]);
const allowed = new Set(['x', 'y']);
const since = new Date(86400000);
const pattern = /ab+c/i;
const kernel = new Float64Array([0.25, 0.5, 0.25]);
const meter = new Meter(4);
const fieldMeter = new FieldMeter(6);
const plus = (a: number, b: number) => a + b;
const plusTwo = plus.bind(null, 2);
const mark = Symbol('mark');
const lazy = { get depth() { return 11; } };
const tag = (parts: TemplateStringsArray, n: number) => parts.raw.join('|') + n;
const big = 12345678901234567890n;
const isEven = (n: number): boolean => (n === 0 ? true : isOdd(n - 1));
const isOdd = (n: number): boolean => (n === 0 ? false : isEven(n - 1));
function factorial(n: number): number { return n < 2 ? 1 : n * factorial(n - 1); }
const makeScale = (by: number) => { const inner = (x: number) => x * by; return (x: number) => inner(x) + 1; };
const scale = makeScale(3);
function unused(x: number) { return x + 1000; }
function withDefault(x: number, by = 7) { return x * by; }
const key = 'late';
const lags = { short: [3, 4], long: [8, 9] };
const handlers = new Map<string, (x: number) => number>([['double', (x) => x * 2]]);
const failure = new RangeError('out of range');
const site = new URL('https://example.com/a');
const bare = Object.assign(Object.create(null), { weight: 21 });
const Scaled = (Base: new () => { gain: number }) => class extends Base { scaled() { return this.gain * 31; } };
const mixed = new (Scaled(class { gain = 32; }))();
const counterOf = (() => { const start = 41; return { next: (n: number) => n + start }; })();
function Old(this: any, n: number) { this.n = n; }
Old.prototype.twice = function () { return this.n * 2; };
const old = new (Old as any)(51);
const weighed = Object.assign((x: number) => x, { weight: 61 });
const box: Shape = { size: 71 };
const { first: taken, ...others } = { first: 81, second: 82 };
const table = { [key]: 1, run(x: number) { return x - limits.low; } };

export class Main extends Base {
  period = 4;
  ratio = 1.5;
  idle = 2.5;
  deep = { a: [1, { b: 2 }] };
  #hidden = 8;
  #plus(x: number) { return x + 91; }
  #minus(x: number) { return x - 91; }
  static readonly limit = 101;
  static of(x: number) { return Math.min(x, Main.limit); }
  onField = () => this.ratio + 1;
  private helper(x: number) { return x * this.ratio; }
  private other(x: number) { return x + this.idle; }
  get doubled() { return this.ratio * 2; }

  setup() {
    const price = new StreamInput({ tags: ['A'], interval: '1m', historyProvider: demoHistory() });
    const quote = new StreamInput({ tags: ['B'], interval: '1m', historyProvider: demoHistory({ seed: 2, holes: 0.1 }) });
    const ticks = new StreamInput({ tags: ['T'], interval: '1m', historyProvider: new Ticks(5) });
    const add = (name: string, computeFn: any, input: any = price) => this.addNodes([new Node({ name, input, computeFn })]);
    for (const n of [5, 10]) add('loop' + n, () => n);
    for (const [which, n] of [['near', 3], ['far', 8]] as const) add(which, () => n);
    const before = { n: 1 };
    before.n += 11;
    add('mutatedBefore', () => before.n);
    const after = { n: 1, list: [] as number[] };
    add('mutatedAfter', () => after.n + after.list.length);
    after.n += 12;
    after.list.push(13);
    const top = new Node({ name: 'top', input: quote, period: 2, computeFn: (v: any) => v.latest(quote).close > 14 });
    const bottom = new Node({ name: 'bottom', input: [top, price], computeFn: (v: any) => v.latest(top) ? 1 : 0 });
    const lone = new Node({ name: 'lone', input: price, period: [3], computeFn: () => 15 });
    this.addNodes([bottom, lone, sma({ name: 'average', input: price, column: 'close', period: 16 })]);
    add('onTicks', (v: any) => v.latest(ticks).close, ticks);
    add('calling', (v: any) => (lone.computeFn as any)(v));
    add('named', () => price.name.length);
    add('thisDynamic', (v: any) => (this as any)[v.asOf > 0 ? 'idle' : 'ratio']);
    add('secret', (v: any) => this.#plus(1) > v.asOf ? this.#minus(2) : 0);
    add('static', () => Main.of(1));
    add('lags', (v: any) => (lags as any)[v.asOf > 0 ? 'short' : 'long']);
    add('handlers', () => handlers.get('double')!(2));
    add('error', () => failure.message);
    add('url', () => site.pathname);
    add('bare', () => bare.weight);
    add('mixin', () => mixed.scaled());
    add('iife', () => counterOf.next(1));
    add('old', () => old.twice());
    add('weighed', () => weighed.weight);
    add('typed object', () => box.size);
    add('taken', () => taken);
    add('rest', () => others.second);
    add('depth', () => depth);
    add('scoped', (v: any) => ewm(v.latest(price).close));
    add('wasm', () => (new WebAssembly.Instance(new WebAssembly.Module(bytes as any)).exports as any).f());
    add('inner', () => { class Inner { read() { return 111; } } return new Inner().read(); });
    add('branch', (v: any) => { switch (true) { case v.asOf > 5: return 1; default: return 2; } });
    add('ownDefault', (v: any, by = 121) => by);
    add('score', (v: any) => score(v.latest(price)));
    add('spread', (v: any) => spread(v.latest(price), v.latest(quote)), [price, quote]);
    add('side', () => Side.Long);
    add('mode', () => Mode.Fast);
    add('json', () => settings.window);
    add('package', (v: any) => smooth(v.latest(price)));
    add('object', () => limits.low);
    add('array', () => steps.length);
    add('map', () => weights.get('a'));
    add('set', () => allowed.has('x'));
    add('date', () => since.getTime());
    add('regexp', () => pattern.test('abc'));
    add('typed', () => kernel[0]);
    add('instance', () => meter.read());
    add('fieldArrow', () => fieldMeter.read());
    add('bound', () => plusTwo(1));
    add('symbol', () => mark.description);
    add('getter', () => lazy.depth);
    add('template', () => \`v\${steps.length}w\`);
    add('tagged', () => tag\`p\${1}q\`);
    add('bigint', () => big);
    add('mutual', () => isEven(10));
    add('recursive', () => factorial(5));
    add('closure', () => scale(2));
    add('default', () => withDefault(1));
    add('this', () => this.ratio);
    add('thisDeep', () => this.deep.a[0]);
    add('thisMethod', () => this.helper(2));
    add('thisGetter', () => this.doubled);
    add('thisPrivate', () => this.#hidden);
    add('thisPattern', () => { const { ratio } = this; return ratio; });
    add('inherited', () => this.basic(3));
    add('field', this.onField);
    add('namespace', (v: any) => (kit as any)[v.asOf > 0 ? 'one' : 'two']());
    add('method', () => table.run(3));
    add('columns', columns((s: any) => s.map((x: number) => x + 42)));
    add('regexLiteral', () => /x+/g.exec('x'));
    add('global', () => Math.max(1, 2) + Number.EPSILON);
    add('plain', () => 77);
  }
}

export class Other extends Strategy {
  period = 1;
  setup() {
    const price = new StreamInput({ tags: ['A'], interval: '1m', historyProvider: demoHistory() });
    this.addNodes([new Node({ name: 'plain', input: price, computeFn: () => 66 })]);
  }
}`,
  'lib/score.ts': `import { factor } from './factor';
export function score(x: number) { const bonus = 1; return x * factor() + bonus; }
export function untouched(x: number) { return x; }`,
  'lib/factor.ts': `export function factor() { return 1.25; }`,
  'lib/index.ts': `export * from './spread';\nexport { Side, Mode } from './sides';`,
  'lib/spread.ts': `export const spread = (a: number, b: number) => a - b;`,
  'lib/sides.ts': `export enum Side { Long = 1, Short = -1 }\nexport const enum Mode { Fast = 3, Slow = 4 }`,
  'lib/meter.ts': `import { Strategy } from 'seamless-dag';
class Instrument { gain = 2; amplify(x: number) { return x * this.gain; } }
export class Meter extends Instrument {
  #level: number;
  static unit = 10;
  constructor(level: number) { super(); this.#level = level; }
  read() { return this.amplify(this.#level) * Meter.unit; }
}
export class FieldMeter { constructor(private n: number) {} read = () => this.n * 2; }
export abstract class Base extends Strategy { offset = 13; basic(x: number) { return x + this.offset; } }`,
  'lib/kit.ts': `export const one = () => 1;\nexport const two = () => 2;`,
  'settings.json': `{ "window": 20, "depth": 2, "note": "nobody reads this by name" }`,
  'lib/types.ts': `export interface Shape { size: number }`,
  'lib/answer.wasm': wasm(42),
  'lib/ticks.ts': `import type { FetchRequest, HistoryProvider } from 'seamless-dag';
import { closeOf } from './closes';
export class Ticks implements HistoryProvider {
  readonly kind = 'ticks';
  readonly options = {};
  readonly #from: number;
  readonly unread = 1;
  constructor(from: number) { this.#from = from; }
  fetch({ start, end, interval }: FetchRequest) {
    const rows = [];
    for (let ts = start; ts < end; ts += interval) rows.push({ ts, close: closeOf(ts) + this.#from });
    return rows;
  }
  version() { return 'v1'; }
  bounds() { return { first: 0, last: 600 }; }
}`,
  'lib/closes.ts': `export const closeOf = (ts: number) => ts % 7;`,
  'node_modules/@quant/ewm/package.json': `{ "name": "@quant/ewm", "version": "2.0.0", "type": "module", "exports": { ".": "./src/main.js", "./extra": "./src/extra.js" } }`,
  'node_modules/@quant/ewm/src/main.js': `import { ALPHA } from './constants.js';\nexport const ewm = (x) => x * ALPHA;\nexport const unused = () => 1;`,
  'node_modules/@quant/ewm/src/constants.js': `export const ALPHA = 0.3;\nexport const BETA = 0.4;`,
  'node_modules/fake-smooth/package.json': `{ "name": "fake-smooth", "version": "1.0.0", "main": "index.js" }`,
  'node_modules/fake-smooth/index.js': `var core = require('./core');\nexports.smooth = function (x) { return core.half(x); };`,
  'node_modules/fake-smooth/core.js': `exports.half = function (x) { return x / 2; };`,
};

/** A module of WebAssembly whose function `f` returns a number below 64. */
export function wasm(n: number): Uint8Array {
  const head = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0];
  return Uint8Array.from([...head, 7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0, 65, n, 11]);
}
