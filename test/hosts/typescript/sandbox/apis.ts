/** One way to reach for something: as authors write it, and by what name a refusal tells of it. */
export interface Api {
  /** A call in an author's file, unique in the table. */
  readonly call: string;
  readonly name: string;
}

/** Refused wherever a strategy's code runs. */
export const LIVE: readonly Api[] = [
  { call: 'net.connect(1)', name: 'net.connect' },
  { call: 'net.createConnection(1)', name: 'net.createConnection' },
  { call: 'net.createServer()', name: 'net.createServer' },
  { call: 'new net.Socket()', name: 'net.Socket' },
  { call: 'new net.Server()', name: 'net.Server' },
  { call: 'namedConnect(1)', name: 'net.connect' },
  { call: "require('net').connect(1)", name: 'net.connect' },
  { call: "builtin('net').connect(1)", name: 'net.connect' },
  { call: 'Object.create(net.Socket.prototype).connect(1)', name: 'net.Socket.connect' },
  { call: 'Object.create(net.Server.prototype).listen(0)', name: 'net.Server.listen' },
  { call: 'tls.connect(1)', name: 'tls.connect' },
  { call: 'tls.createServer()', name: 'tls.createServer' },
  { call: 'new tls.TLSSocket()', name: 'tls.TLSSocket' },
  { call: "http.request('http://127.0.0.1')", name: 'http.request' },
  { call: "http.get('http://127.0.0.1')", name: 'http.get' },
  { call: 'http.createServer()', name: 'http.createServer' },
  { call: "new http.ClientRequest('http://127.0.0.1')", name: 'http.ClientRequest' },
  { call: "https.request('https://127.0.0.1')", name: 'https.request' },
  { call: "https.get('https://127.0.0.1')", name: 'https.get' },
  { call: 'https.createServer()', name: 'https.createServer' },
  { call: "http2.connect('http://127.0.0.1')", name: 'http2.connect' },
  { call: 'http2.createServer()', name: 'http2.createServer' },
  { call: 'http2.createSecureServer()', name: 'http2.createSecureServer' },
  { call: "dgram.createSocket('udp4')", name: 'dgram.createSocket' },
  { call: "new dgram.Socket('udp4')", name: 'dgram.Socket' },
  { call: "dns.lookup('localhost', () => {})", name: 'dns.lookup' },
  { call: "dns.resolve4('localhost', () => {})", name: 'dns.resolve4' },
  { call: 'new dns.Resolver()', name: 'dns.Resolver' },
  { call: "dns.promises.lookup('localhost')", name: 'dns.promises.lookup' },
  { call: "dnsPromises.resolve('localhost')", name: 'dns.promises.resolve' },
  { call: "fetch('http://127.0.0.1')", name: 'fetch' },
  { call: "new WebSocket('ws://127.0.0.1')", name: 'WebSocket' },
  { call: "new EventSource('http://127.0.0.1')", name: 'EventSource' },
  { call: "childProcess.exec('true')", name: 'child_process.exec' },
  { call: "childProcess.execSync('true')", name: 'child_process.execSync' },
  { call: "childProcess.execFile('true')", name: 'child_process.execFile' },
  { call: "childProcess.execFileSync('true')", name: 'child_process.execFileSync' },
  { call: "childProcess.fork('x.js')", name: 'child_process.fork' },
  { call: "childProcess.spawn('true')", name: 'child_process.spawn' },
  { call: "childProcess.spawnSync('true')", name: 'child_process.spawnSync' },
  { call: "promisify(childProcess.exec)('true')", name: 'child_process.execFile' },
  { call: "new Worker('0', { eval: true })", name: 'worker_threads.Worker' },
  { call: 'cluster.fork()', name: 'cluster.fork' },
  { call: 'inspector.open(0)', name: 'inspector.open' },
  { call: 'new inspector.Session()', name: 'inspector.Session' },
  { call: 'process.kill(1, 0)', name: 'process.kill' },
  { call: "process.dlopen({ exports: {} }, 'none.node')", name: 'process.dlopen' },
  { call: "require('./addon.node')", name: 'process.dlopen' },
  { call: 'process.exit(0)', name: 'process.exit' },
  { call: 'process.reallyExit(0)', name: 'process.reallyExit' },
  { call: 'process.abort()', name: 'process.abort' },
  { call: "process.chdir('.')", name: 'process.chdir' },
  { call: "process.binding('tcp_wrap')", name: 'process.binding' },
  { call: "process.send('hello')", name: 'process.send' },
  { call: "process.env.TZ = 'Asia/Seoul'", name: 'process.env' },
  { call: 'Runner.submit(Subject, {})', name: 'Runner.submit' },
];

/** Refused in a `computeFn` and in what is left behind; what the top level and `setup()` read is known to the cache. */
export const HIDDEN: readonly Api[] = [
  { call: 'fs.readFileSync(file)', name: 'fs.readFileSync' },
  { call: 'namedReadFileSync(file)', name: 'fs.readFileSync' },
  { call: 'fs.readFile(file, () => {})', name: 'fs.readFile' },
  { call: 'fs.promises.readFile(file)', name: 'fs.promises.readFile' },
  { call: 'fsPromises.stat(file)', name: 'fs.promises.stat' },
  { call: 'fs.createReadStream(file).destroy()', name: 'fs.createReadStream' },
  { call: 'new fs.ReadStream(file).destroy()', name: 'fs.ReadStream' },
  { call: "fs.closeSync(fs.openSync(file, 'r'))", name: 'fs.openSync' },
  { call: 'fs.existsSync(file)', name: 'fs.existsSync' },
  { call: 'fs.statSync(file)', name: 'fs.statSync' },
  { call: 'fs.readdirSync(folder)', name: 'fs.readdirSync' },
  { call: 'fs.opendirSync(folder).closeSync()', name: 'fs.opendirSync' },
  { call: 'fs.realpathSync.native(folder)', name: 'fs.realpathSync.native' },
  { call: "(delete require.cache[`${folder}/data.json`], require('./data.json'))", name: 'fs.readFileSync' },
  { call: "fs.writeFileSync(scratch, 'x')", name: 'fs.writeFileSync' },
  { call: "fs.promises.writeFile(scratch, 'x')", name: 'fs.promises.writeFile' },
  { call: "fs.appendFileSync(scratch, 'x')", name: 'fs.appendFileSync' },
  { call: 'fs.mkdirSync(folder, { recursive: true })', name: 'fs.mkdirSync' },
  { call: 'fs.rmSync(scratch, { force: true })', name: 'fs.rmSync' },
  { call: 'process.env.HOME', name: 'process.env' },
  { call: "'HOME' in process.env", name: 'process.env' },
  { call: 'Object.keys(process.env)', name: 'process.env' },
  { call: "process.env.ISOLATION_TEST = '1'", name: 'process.env' },
  { call: 'namedEnv.HOME', name: 'process.env' },
  { call: 'nodeCrypto.randomBytes(4)', name: 'crypto.randomBytes' },
  { call: 'nodeCrypto.randomUUID()', name: 'crypto.randomUUID' },
  { call: 'namedRandomUUID()', name: 'crypto.randomUUID' },
  { call: 'nodeCrypto.randomInt(9)', name: 'crypto.randomInt' },
  { call: 'nodeCrypto.randomFillSync(new Uint8Array(2))', name: 'crypto.randomFillSync' },
  { call: 'nodeCrypto.getRandomValues(new Uint8Array(2))', name: 'crypto.getRandomValues' },
  { call: 'nodeCrypto.webcrypto.getRandomValues(new Uint8Array(2))', name: 'crypto.getRandomValues' },
  { call: 'globalThis.crypto.getRandomValues(new Uint8Array(2))', name: 'crypto.getRandomValues' },
  { call: 'globalThis.crypto.randomUUID()', name: 'crypto.randomUUID' },
  {
    call: "globalThis.crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt'])",
    name: 'crypto.subtle.generateKey',
  },
  { call: "nodeCrypto.generateKeySync('aes', { length: 128 })", name: 'crypto.generateKeySync' },
  { call: 'nodeCrypto.generatePrimeSync(16)', name: 'crypto.generatePrimeSync' },
  { call: "nodeCrypto.createECDH('secp256k1').generateKeys()", name: 'crypto.ECDH.generateKeys' },
  { call: 'performance.now()', name: 'performance.now' },
  { call: 'performance.timeOrigin', name: 'performance.timeOrigin' },
  { call: 'performance.nodeTiming', name: 'performance.nodeTiming' },
  { call: "performance.mark('here')", name: 'performance.mark' },
  { call: 'process.hrtime()', name: 'process.hrtime' },
  { call: 'namedHrtime()', name: 'process.hrtime' },
  { call: 'process.hrtime.bigint()', name: 'process.hrtime.bigint' },
  { call: 'process.uptime()', name: 'process.uptime' },
  { call: 'process.pid', name: 'process.pid' },
  { call: 'namedPid + 1', name: 'process.pid' },
  { call: 'process.ppid', name: 'process.ppid' },
  { call: 'process.argv', name: 'process.argv' },
  { call: 'process.execPath', name: 'process.execPath' },
  { call: 'process.title', name: 'process.title' },
  { call: '(process as any).moduleLoadList.length', name: 'process.moduleLoadList' },
  { call: 'namedArgv[0]', name: 'process.argv' },
  { call: 'namedExecPath.length', name: 'process.execPath' },
  { call: 'namedTitle', name: 'process.title' },
  { call: 'wholeProcess.pid', name: 'process.pid' },
  { call: 'wholeProcess.default.argv', name: 'process.argv' },
  { call: 'defaultProcess.ppid', name: 'process.ppid' },
  { call: "require('process').execPath", name: 'process.execPath' },
  { call: "builtin('process').argv", name: 'process.argv' },
  { call: '({ ...process })', name: 'process.moduleLoadList' },
  { call: 'inspect(process.env)', name: 'process.env' },
  { call: 'threads.threadId', name: 'worker_threads.threadId' },
  { call: '`${namedThreadId}`', name: 'worker_threads.threadId' },
  { call: 'Object.keys(namedThreadId)', name: 'worker_threads.threadId' },
  { call: 'namedLimits.maxOldGenerationSizeMb', name: 'worker_threads.resourceLimits' },
  { call: 'inspect(setTimeout(() => undefined, 0))', name: 'the number of a timer' },
  { call: 'Number(setTimeout(() => undefined, 0))', name: 'the number of a timer' },
  { call: 'asyncHooks.executionAsyncId()', name: 'async_hooks.executionAsyncId' },
  { call: 'asyncHooks.triggerAsyncId()', name: 'async_hooks.triggerAsyncId' },
  { call: "new asyncHooks.AsyncResource('a').asyncId()", name: 'async_hooks.AsyncResource.asyncId' },
  { call: "new Event('a').timeStamp", name: 'Event.timeStamp' },
  { call: 'performance.getEntries()', name: 'performance.getEntries' },
  { call: 'process.memoryUsage()', name: 'process.memoryUsage' },
  { call: 'process.memoryUsage.rss()', name: 'process.memoryUsage.rss' },
  { call: 'process.cpuUsage()', name: 'process.cpuUsage' },
  { call: 'process.report.getReport()', name: 'process.report.getReport' },
  { call: 'v8.getHeapStatistics()', name: 'v8.getHeapStatistics' },
  { call: 'process.cwd()', name: 'process.cwd' },
  { call: 'os.hostname()', name: 'os.hostname' },
  { call: '`${os.hostname}`', name: 'os.hostname' },
  { call: 'os.userInfo()', name: 'os.userInfo' },
  { call: 'os.cpus()', name: 'os.cpus' },
  { call: 'os.freemem()', name: 'os.freemem' },
  { call: 'os.loadavg()', name: 'os.loadavg' },
  { call: 'os.homedir()', name: 'os.homedir' },
  { call: "vm.runInNewContext('Date.now()')", name: 'vm.runInNewContext' },
];

/** Every place where a strategy's code can run. */
export const PLACES = [
  'the top level',
  'setup()',
  'a computeFn',
  'a timer left behind by setup()',
  'a timer left behind by a computeFn',
  'a promise left behind by the top level',
] as const;
export type Place = (typeof PLACES)[number];

/** Text of a strategy that tries each API in each place, and the line of each attempt. */
export function attemptingStrategy(): {
  readonly text: string;
  readonly line: (place: Place, api: Api) => number;
} {
  const lines: string[] = [...HEAD];
  const at = new Map<string, number>();
  for (const place of PLACES) {
    lines.push(`function attempts${PLACES.indexOf(place)}() {`);
    for (const api of [...LIVE, ...HIDDEN]) {
      lines.push(`  attempt(${JSON.stringify(place)}, ${JSON.stringify(api.call)}, () => ${api.call});`);
      at.set(`${place} ${api.call}`, lines.length);
    }
    lines.push('}');
  }
  lines.push(...TAIL);
  return { text: lines.join('\n'), line: (place, api) => at.get(`${place} ${api.call}`) ?? 0 };
}

const HEAD = [
  "import childProcess from 'node:child_process';",
  "import v8 from 'node:v8';",
  "import cluster from 'node:cluster';",
  "import nodeCrypto, { randomUUID as namedRandomUUID } from 'node:crypto';",
  "import dgram from 'node:dgram';",
  "import dns from 'node:dns';",
  "import dnsPromises from 'node:dns/promises';",
  "import fs, { readFileSync as namedReadFileSync } from 'fs';",
  "import * as fsPromises from 'node:fs/promises';",
  "import * as http from 'node:http';",
  "import https from 'node:https';",
  "import http2 from 'node:http2';",
  "import inspector from 'node:inspector';",
  "import { createRequire } from 'node:module';",
  "import net, { connect as namedConnect } from 'node:net';",
  "import os from 'node:os';",
  "import { argv as namedArgv, env as namedEnv, hrtime as namedHrtime, pid as namedPid } from 'node:process';",
  "import { execPath as namedExecPath, title as namedTitle } from 'process';",
  "import * as wholeProcess from 'node:process';",
  "import defaultProcess from 'process';",
  "import * as asyncHooks from 'node:async_hooks';",
  "import threads, { resourceLimits as namedLimits, threadId as namedThreadId } from 'node:worker_threads';",
  "import tls from 'node:tls';",
  "import { inspect, promisify } from 'node:util';",
  "import vm from 'node:vm';",
  "import { Worker } from 'node:worker_threads';",
  "import { Node, Runner, Strategy, StreamInput, demoHistory } from 'seamless-dag';",
  "import { attempt } from './lib/attempt';",
  'const require = createRequire(import.meta.url);',
  'const builtin = (name: string) => process.getBuiltinModule?.(name) ?? require(name);',
  'const file = __filename, folder = __dirname, scratch = `${__dirname}/scratch.txt`;',
];

const TAIL = [
  'attempts0();',
  'void new Promise((done) => setTimeout(done, 1)).then(() => (globalThis as any).released).then(attempts5);',
  'export class Subject extends Strategy {',
  '  setup() {',
  '    attempts1();',
  '    void (globalThis as any).released.then(() => setTimeout(attempts3, 1));',
  "    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: demoHistory() });",
  '    const computeFn = () => {',
  '      attempts2();',
  '      setTimeout(attempts4, 1);',
  '      return 1;',
  '    };',
  "    this.addNodes([price, new Node({ name: 'fast', input: price, period: 1, computeFn })]);",
  '  }',
  '}',
];

/** Records what became of each attempt. In a file of its own, so that the attempt's line is the caller's. */
export const ATTEMPT_FILE = `
const tried: object[] = ((globalThis as any).tried ??= []);
export function attempt(place: string, call: string, run: () => unknown): void {
  const base = { place, call };
  try {
    const result = run();
    if (result instanceof Promise) result.catch(() => {});
    tried.push({ ...base, refusal: null });
  } catch (error: any) {
    const { message, location = null, node = null } = error;
    tried.push({ ...base, refusal: { type: error.constructor.name, message, location, node } });
  }
}
`;
