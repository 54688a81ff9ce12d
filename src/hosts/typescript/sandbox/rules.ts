/**
 * - `outside`: reaches beyond the process; host and providers may use it.
 * - `control`: governs the process itself, or the live loop; only the host may use it.
 * - `hidden`: an input or effect that the cache cannot see; also allowed while a module loads and in `setup()`, because what
 * these keep counts in the fingerprints of the nodes that use it.
 */
export type Access = 'outside' | 'control' | 'hidden';

export interface Rule {
  readonly access: Access;
  /** What the author can do instead, as a sentence. */
  readonly advice: string;
  /** Its argument is the path of a file that is read. */
  readonly reads?: true;
}

const NETWORK: Rule = {
  access: 'outside',
  advice:
    'Bring data in through the historyProvider of a StreamInput: its fetch is the one place that may reach outside.',
};
const PROCESS: Rule = {
  access: 'outside',
  advice: 'Do the work in the node itself, or in the fetch of a historyProvider where it brings data in.',
};
const CONTROL: Rule = {
  access: 'control',
  advice: 'The process belongs to Seamless: to stop a strategy, throw an error.',
};
const FILES: Rule = {
  access: 'hidden',
  advice:
    'Read the file at the top of the module or in setup() and use its value; bring history in through a historyProvider.',
  reads: true,
};
const WRITES: Rule = {
  access: 'hidden',
  advice: 'Return what is worth keeping: the rows of a node are stored and can be exported.',
};
const MACHINE: Rule = {
  access: 'hidden',
  advice: 'Read it at the top of the module or in setup() and use its value, which then counts in the cache.',
};
const RANDOMNESS: Rule = {
  access: 'hidden',
  advice: 'Use Math.random(), which is seeded by the code of the node and the bar.',
};
export const CLOCK: Rule = {
  access: 'hidden',
  advice: 'Use view.asOf or Date.now(), which is the close of the bar.',
};
/** What differs between processes, threads or moments. */
export const IDENTITY: Rule = {
  access: 'hidden',
  advice:
    'It differs from process to process: use view.asOf, which tells bars apart, or a value of your own.',
};
/** For values that code of another bar, node or package may have set. */
export const LEFT: Rule = {
  access: 'hidden',
  advice:
    'It gives what other code left there: work each value out from the windows of its bar, and carry what must be carried with a ScanNode { init, step }.',
};
const MODULES: Rule = {
  access: 'control',
  advice: 'The modules of a strategy are bundled before it is loaded: import what it needs.',
};
const REALM: Rule = {
  access: 'hidden',
  advice: 'Another context has a clock and random numbers of its own: compute with the node’s own code.',
};
export const ENVIRONMENT = MACHINE;
/** Every result depends on the time zone, so a strategy cannot choose it. */
export const TIME_ZONE: Rule = {
  access: 'control',
  advice:
    'Strategies are computed in UTC: name the zone where it matters, as in toLocaleString(locale, { timeZone }).',
};
export const LIVE_LOOP: Rule = {
  access: 'control',
  advice: 'Submit from a script of its own, not from the code of a strategy.',
};

export const FETCHING: Rule = {
  access: 'control',
  advice: 'Give the preset to a StreamInput as its historyProvider, and read its bars through a window.',
};

/** Functions (and classes) of a built-in module, or of an object in it, under one rule. */
export interface GuardedGroup {
  readonly module: string;
  /** Path to an object within the module. */
  readonly within?: string;
  /** Default: every function except those in `except`. */
  readonly names?: readonly string[];
  readonly except?: readonly string[];
  readonly rule: Rule;
}

/** The file system: reading and writing get different advice. */
const FILE_WRITES =
  /^(?:append|chmod|chown|copy|cp|createWrite|fchmod|fchown|fdatasync|fsync|ftruncate|futimes|lchmod|lchown|link|lutimes|mkdir|mkdtemp|rename|rm|symlink|truncate|unlink|utimes|write|Write|FileWrite)/;

export function fileRule(name: string): Rule {
  return FILE_WRITES.test(name) ? WRITES : FILES;
}

/** Everything but the globals, `process.env`, the clock and `Math.random`, which are replaced individually. */
export const GUARDED: readonly GuardedGroup[] = [
  {
    module: 'net',
    names: ['connect', 'createConnection', 'createServer', 'Socket', 'Stream', 'Server'],
    rule: NETWORK,
  },
  { module: 'net', within: 'Socket.prototype', names: ['connect'], rule: NETWORK },
  { module: 'net', within: 'Server.prototype', names: ['listen'], rule: NETWORK },
  {
    module: 'tls',
    names: ['connect', 'createServer', 'TLSSocket', 'Server', 'createSecurePair'],
    rule: NETWORK,
  },
  { module: 'http', names: ['request', 'get', 'createServer', 'ClientRequest', 'Server'], rule: NETWORK },
  { module: 'https', names: ['request', 'get', 'createServer', 'Server'], rule: NETWORK },
  {
    module: 'http2',
    names: ['connect', 'createServer', 'createSecureServer', 'performServerHandshake'],
    rule: NETWORK,
  },
  { module: 'dgram', names: ['createSocket', 'Socket'], rule: NETWORK },
  { module: 'dgram', within: 'Socket.prototype', names: ['bind', 'connect', 'send'], rule: NETWORK },
  { module: 'dns', rule: NETWORK },
  { module: 'dns', within: 'promises', rule: NETWORK },
  { module: 'child_process', rule: PROCESS },
  { module: 'child_process', within: 'ChildProcess.prototype', names: ['spawn'], rule: PROCESS },
  { module: 'worker_threads', names: ['Worker'], rule: PROCESS },
  { module: 'cluster', names: ['fork'], rule: PROCESS },
  { module: 'process', names: ['dlopen'], rule: PROCESS },
  { module: 'inspector', names: ['open', 'close', 'waitForDebugger', 'Session'], rule: CONTROL },
  { module: 'inspector', within: 'Session.prototype', names: ['connect'], rule: CONTROL },
  { module: 'inspector/promises', names: ['Session'], rule: CONTROL },
  { module: 'v8', names: ['setFlagsFromString'], rule: CONTROL },
  { module: 'os', names: ['setPriority'], rule: CONTROL },
  { module: 'module', names: ['register', 'registerHooks'], rule: MODULES },
  {
    module: 'process',
    names: [
      ...[
        'exit',
        'reallyExit',
        'abort',
        'kill',
        '_kill',
        'chdir',
        'binding',
        '_linkedBinding',
        // Not 'disconnect': Node itself calls it when the parent is gone.
        'send',
      ],
      ...['_debugProcess', '_debugEnd', 'setUncaughtExceptionCaptureCallback', 'initgroups', 'setgroups'],
      ...['setegid', 'seteuid', 'setgid', 'setuid'],
    ],
    rule: CONTROL,
  },
  { module: 'fs', except: ['Stats', 'Dirent', 'BigIntStats', '_toUnixTimestamp', 'promises'], rule: FILES },
  { module: 'fs', within: 'promises', rule: FILES },
  { module: 'fs', within: 'realpath', names: ['native'], rule: FILES },
  { module: 'fs', within: 'realpathSync', names: ['native'], rule: FILES },
  { module: 'fs', within: 'Dir.prototype', names: ['read', 'readSync'], rule: FILES },
  { module: 'sqlite', names: ['DatabaseSync'], rule: FILES },
  { module: 'wasi', names: ['WASI'], rule: FILES },
  { module: 'v8', names: ['writeHeapSnapshot'], rule: WRITES },
  { module: 'os', rule: MACHINE },
  {
    module: 'process',
    names: [
      ...[
        'cwd',
        'umask',
        'getuid',
        'geteuid',
        'getgid',
        'getegid',
        'getgroups',
        'loadEnvFile',
        'memoryUsage',
      ],
      ...['cpuUsage', 'resourceUsage', 'constrainedMemory', 'availableMemory', 'getActiveResourcesInfo'],
    ],
    rule: MACHINE,
  },
  { module: 'process', within: 'memoryUsage', names: ['rss'], rule: MACHINE },
  { module: 'process', within: 'report', names: ['getReport', 'writeReport'], rule: MACHINE },
  {
    module: 'v8',
    names: ['getHeapStatistics', 'getHeapSpaceStatistics', 'getHeapCodeStatistics', 'getHeapSnapshot'],
    rule: MACHINE,
  },
  { module: 'process', names: ['uptime', 'hrtime'], rule: CLOCK },
  { module: 'process', within: 'hrtime', names: ['bigint'], rule: CLOCK },
  {
    module: 'perf_hooks',
    within: 'performance',
    names: [
      ...['now', 'mark', 'measure', 'toJSON', 'timerify', 'eventLoopUtilization'],
      ...['getEntries', 'getEntriesByName', 'getEntriesByType'],
    ],
    rule: CLOCK,
  },
  { module: 'perf_hooks', names: ['monitorEventLoopDelay', 'PerformanceMark'], rule: CLOCK },
  { module: 'async_hooks', names: ['executionAsyncId', 'triggerAsyncId'], rule: IDENTITY },
  {
    module: 'async_hooks',
    within: 'AsyncResource.prototype',
    names: ['asyncId', 'triggerAsyncId'],
    rule: IDENTITY,
  },
  {
    module: 'diagnostics_channel',
    names: ['channel', 'subscribe', 'unsubscribe', 'hasSubscribers', 'tracingChannel'],
    rule: LEFT,
  },
  { module: 'worker_threads', names: ['getEnvironmentData', 'setEnvironmentData'], rule: LEFT },
  {
    module: 'crypto',
    names: [
      ...[
        'randomBytes',
        'pseudoRandomBytes',
        'prng',
        'rng',
        'randomFill',
        'randomFillSync',
        'randomInt',
        'randomUUID',
      ],
      ...['getRandomValues', 'generateKey', 'generateKeySync', 'generateKeyPair', 'generateKeyPairSync'],
      ...['generatePrime', 'generatePrimeSync', 'publicEncrypt'],
    ],
    rule: RANDOMNESS,
  },
  { module: 'crypto', within: 'webcrypto', names: ['getRandomValues', 'randomUUID'], rule: RANDOMNESS },
  { module: 'crypto', within: 'webcrypto.subtle', names: ['generateKey'], rule: RANDOMNESS },
  { module: 'crypto', within: 'DiffieHellman.prototype', names: ['generateKeys'], rule: RANDOMNESS },
  { module: 'crypto', within: 'ECDH.prototype', names: ['generateKeys'], rule: RANDOMNESS },
  { module: 'vm', names: ['createContext', 'runInContext', 'runInNewContext'], rule: REALM },
  { module: 'vm', within: 'Script.prototype', names: ['runInContext', 'runInNewContext'], rule: REALM },
];

/** Properties of module objects that differ between processes. */
export const GUARDED_VALUES: readonly { readonly module: string; readonly names: readonly string[] }[] = [
  {
    module: 'process',
    names: ['pid', 'ppid', 'argv', 'argv0', 'execPath', 'execArgv', 'debugPort', 'title', 'moduleLoadList'],
  },
  { module: 'worker_threads', names: ['threadId', 'resourceLimits'] },
];

/** Methods of the process that show or change its listeners. Not `emit`, which Node itself calls. */
export const LISTENER_METHODS = [
  ...['on', 'once', 'off', 'addListener', 'prependListener', 'prependOnceListener', 'removeListener'],
  ...['removeAllListeners', 'setMaxListeners', 'getMaxListeners', 'listeners', 'rawListeners'],
  ...['listenerCount', 'eventNames'],
] as const;

/** Global functions and classes that reach outside. If Node lacks one, a refusing stand-in is added. */
export const GUARDED_GLOBALS: readonly { readonly name: string; readonly rule: Rule }[] = [
  { name: 'fetch', rule: NETWORK },
  { name: 'WebSocket', rule: NETWORK },
  { name: 'EventSource', rule: NETWORK },
];
