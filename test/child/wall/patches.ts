/** A built-in that a strategy's code changes. */
export interface Patch {
  /** As a sentence names it. */
  readonly name: string;
  /** The change, in the author's file. */
  readonly code: string;
  /** It cannot be changed back. */
  readonly forGood?: boolean;
}

/** A method that gives something else than it should. */
function method(owner: string, key: string, body = 'return undefined as any;'): Patch {
  return { name: `${owner}.${key}`, code: `(${owner} as any).${key} = function () { ${body} };` };
}

function iterator(owner: string): Patch {
  return {
    name: `${owner}[Symbol.iterator]`,
    code: `(${owner} as any)[Symbol.iterator] = function* () { yield 1; };`,
  };
}

/** What the host's own code lives by, what hides changes, what other nodes call. */
export const LANGUAGE: readonly Patch[] = [
  method('Math', 'ceil', 'return 7;'),
  method('Math', 'min', 'return NaN;'),
  method('Math', 'floor', 'return 0;'),
  method('Object', 'is', 'return true;'),
  method('Object', 'keys', 'return [];'),
  method('Object', 'entries', 'return [];'),
  method('Object', 'assign', 'return {};'),
  method('Object', 'getPrototypeOf', 'return null;'),
  method('Object', 'hasOwn', 'return true;'),
  method('Object', 'defineProperty', 'return {};'),
  method('Object', 'getOwnPropertyDescriptor', 'return undefined;'),
  method('Object.prototype', 'hasOwnProperty', 'return true;'),
  method('Object.prototype', 'toString', "return '[object Array]';"),
  method('Reflect', 'ownKeys', 'return [];'),
  method('Reflect', 'getOwnPropertyDescriptor', 'return undefined;'),
  method('Reflect', 'apply', 'return 1;'),
  method('Reflect', 'defineProperty', 'return true;'),
  method('Array', 'isArray', 'return false;'),
  method('Array', 'from', 'return [];'),
  method('Array.prototype', 'sort', 'return this;'),
  method('Array.prototype', 'filter', 'return [];'),
  method('Array.prototype', 'map', 'return [];'),
  method('Array.prototype', 'find', 'return undefined;'),
  method('Array.prototype', 'findIndex', 'return -1;'),
  method('Array.prototype', 'push', 'return 0;'),
  method('Array.prototype', 'slice', 'return [];'),
  method('Array.prototype', 'join', "return '';"),
  method('Array.prototype', 'includes', 'return true;'),
  iterator('Array.prototype'),
  iterator('Map.prototype'),
  iterator('Set.prototype'),
  iterator('String.prototype'),
  {
    name: 'ArrayIterator.next',
    code: `Object.getPrototypeOf([][Symbol.iterator]()).next = () => ({ done: true, value: undefined });`,
  },
  method('Set.prototype', 'has', 'return false;'),
  method('Set.prototype', 'add', 'return this;'),
  method('Map.prototype', 'get', 'return undefined;'),
  method('Map.prototype', 'set', 'return this;'),
  method('WeakMap.prototype', 'get', 'return undefined;'),
  method('JSON', 'stringify', "return '{';"),
  method('JSON', 'parse', 'return null;'),
  method('Number', 'isFinite', 'return true;'),
  method('Number', 'isNaN', 'return true;'),
  method('Promise.prototype', 'then', 'return this;'),
  method('Promise', 'resolve', 'return this;'),
  method('Promise', 'all', 'return this;'),
  method('Function.prototype', 'call', 'return undefined;'),
  method('Function.prototype', 'apply', 'return undefined;'),
  method('Function.prototype', 'bind', 'return () => undefined;'),
  method('Float64Array.prototype', 'slice', 'return new Float64Array(1);'),
  {
    name: 'TypedArray.prototype.subarray',
    code: `Object.getPrototypeOf(Float64Array.prototype).subarray = function () { return this; };`,
  },
  {
    name: 'TypedArray.prototype.set',
    code: `Object.getPrototypeOf(Float64Array.prototype).set = () => undefined;`,
  },
  method('String.prototype', 'split', 'return [];'),
  method('String.prototype', 'startsWith', 'return true;'),
  method('String.prototype', 'replace', "return '';"),
  method('RegExp.prototype', 'exec', 'return null;'),
  method('RegExp.prototype', 'test', 'return true;'),
  method('Date', 'now', 'return 0;'),
  {
    name: 'globalThis.Math',
    code: `(globalThis as any).Math = { ...Math, floor: () => 0, random: () => 4 };`,
  },
  { name: 'globalThis.Array', code: `(globalThis as any).Array = class {};` },
  { name: 'globalThis.Promise', code: `(globalThis as any).Promise = class {};` },
  { name: 'globalThis.Float64Array', code: `(globalThis as any).Float64Array = class {};` },
  { name: 'globalThis.Error', code: `(globalThis as any).Error = class {};` },
  { name: 'globalThis.Object', code: `(globalThis as any).Object = class {};` },
  {
    name: 'Object.prototype.then',
    code: `(Object.prototype as any).then = function (done: any) { done({ forged: true }); };`,
  },
  { name: 'Object.prototype.get', code: `(Object.prototype as any).get = () => 5;` },
  {
    name: 'Object.prototype.0',
    code: `Object.defineProperty(Object.prototype, '0', { set() {}, configurable: true });`,
  },
  {
    name: 'Array.prototype.concat',
    code: `Object.defineProperty(Array.prototype, 'concat', { value: () => [], configurable: false, writable: false });`,
    forGood: true,
  },
  { name: 'the prototype of Math', code: `Object.setPrototypeOf(Math, { sqrt2: 1 });` },
];

/** Of Node: its classes, its modules, the process. */
export const NODE: readonly Patch[] = [
  method('Buffer.prototype', 'toString', "return 'forged';"),
  method('Buffer', 'from', 'return new Uint8Array(1);'),
  method('URL.prototype', 'toString', "return 'forged:';"),
  method('EventEmitter.prototype', 'emit', 'return true;'),
  method('EventEmitter.prototype', 'on', 'return this;'),
  method('Object.getPrototypeOf(createHash("md5"))', 'update', 'return this;'),
  method('Object.getPrototypeOf(createHash("md5"))', 'digest', "return 'f'.repeat(64);"),
  method('AsyncLocalStorage.prototype', 'run', 'return undefined;'),
  method('AsyncLocalStorage.prototype', 'getStore', "return { kind: 'host', ended: false };"),
  method('MessagePort.prototype', 'postMessage', 'return undefined;'),
  method('process', 'emit', 'return true;'),
  method('process', 'nextTick', 'return undefined;'),
  {
    name: 'createHash',
    code: `(crypto as any).createHash = () => ({ update() { return this; }, digest: () => 'f'.repeat(64) }); syncBuiltinESMExports();`,
  },
  { name: 'types', code: `(util.types as any).isProxy = () => true; syncBuiltinESMExports();` },
  { name: 'inspect', code: `(util as any).inspect = () => 'forged'; syncBuiltinESMExports();` },
];

/** What is put beside built-ins, and reaches nobody else. */
export const BESIDE: readonly Patch[] = [
  {
    name: 'listeners',
    code: `process.on('exit', () => { throw new Error('late'); }); process.on('message', () => 1);`,
  },
  { name: 'removed listeners', code: `process.removeAllListeners();` },
  { name: 'process.send', code: `(process as any).send = () => true; (process as any)._send = () => true;` },
  { name: 'an enumerable property', code: `(Object.prototype as any).surprise = 1;` },
  {
    name: 'the environment',
    code: `process.env['TZ_NAME'] = 'x'; process.env['NODE_OPTIONS'] = '--throw-deprecation';`,
  },
  { name: 'timers', code: `setInterval(() => 1, 1); setTimeout(() => 1, 10_000);` },
  { name: 'a symbol', code: `(globalThis as any)[Symbol.for('left.behind')] = 1;` },
  { name: 'a module', code: `(path as any).join = () => 'forged'; syncBuiltinESMExports();` },
  { name: 'frozen', code: `Object.freeze(Array.prototype); Object.freeze(Object);` },
  { name: 'an error formatter', code: `Error.prepareStackTrace = () => { throw new Error('no stack'); };` },
  {
    name: 'a polyfill',
    code: `(Array.prototype as any).last = function () { return this[this.length - 1]; };`,
  },
];
