import { pathToFileURL } from 'node:url';
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';

import { SeamlessError } from '../sdk/errors.js';
import type { Table } from '../sdk/table.js';
import { builtFile } from '../protocol/built-file.js';
import { childEnvironment } from './fork.js';
import type { Payload } from '../protocol/payloads.js';
import { deserializeError, type SerializedError } from '../protocol/wire-error.js';

interface SyncReaderOptions {
  /** Default: `reader.js` of this package as built. */
  readonly workerPath?: string | undefined;
  /** Default: `child.js` of this package as built. */
  readonly childPath?: string | undefined;
  /** The child ends when nothing was read for this many milliseconds. Default: 5000. */
  readonly idleMs?: number | undefined;
}

/** Long enough for a script that reads node after node, short enough that the process does not linger. */
const IDLE_MS = 5000;

/** The worker's start data. */
export interface ReaderData {
  readonly entry: string;
  readonly port: MessagePort;
  /** One number; 0 while the script waits. */
  readonly signal: Int32Array;
  readonly childPath: string;
  readonly idleMs: number;
}

interface Answer {
  readonly table?: Table;
  readonly error?: SerializedError;
  /** Why the thread could not start. */
  readonly failure?: string;
}

/**
 * The worker's first steps, few enough not to fail. They wake the waiting script whatever happens next; a blocked script cannot
 * notice a dead thread by itself.
 */
const BOOTSTRAP = `
const { workerData: { entry, port, signal } } = require('node:worker_threads');
const wake = () => { Atomics.store(signal, 0, 1); Atomics.notify(signal, 0); };
process.on('exit', wake);
import(entry).catch((error) => { port.postMessage({ failure: String(error) }); wake(); });
`;

/** By the programs that they start. */
const readers = new Map<string, SyncReader>();

/** This process's only reader, shared by all reports: one thread, and at most one child. */
export function sharedReader(options: SyncReaderOptions = {}): SyncReader {
  const key = JSON.stringify([options.workerPath, options.childPath]);
  const reader = readers.get(key) ?? new SyncReader(options);
  readers.set(key, reader);
  return reader;
}

/**
 * Reads stored history synchronously, for `report.node(name).columns()`. A worker thread asks its own child process, which ends
 * after a while without reads; the calling thread sleeps until the answer is in its port.
 */
export class SyncReader {
  readonly #options: SyncReaderOptions;
  #worker: { readonly port: MessagePort; readonly signal: Int32Array } | null = null;

  constructor(options: SyncReaderOptions = {}) {
    this.#options = options;
  }

  /** @throws SeamlessError the child's error; `internal` when the thread or the child fails */
  read(payload: Payload<'read'>): Table {
    this.#worker ??= this.#start();
    const { port, signal } = this.#worker;
    Atomics.store(signal, 0, 0);
    port.postMessage(payload);
    Atomics.wait(signal, 0, 0);
    const received = receiveMessageOnPort(port) as { readonly message: Answer } | undefined;
    const { table, error, failure } = received?.message ?? {};
    if (table) return table;
    if (error) throw deserializeError(error);
    this.#worker = null;
    const why = failure === undefined ? '' : `: ${failure}`;
    throw new SeamlessError(
      'internal',
      `The thread that reads the cache ended unexpectedly${why}. Try again.`,
    );
  }

  #start(): { port: MessagePort; signal: Int32Array } {
    const { port1, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(4));
    const data: ReaderData = {
      entry: pathToFileURL(this.#options.workerPath ?? builtFile('reader.js')).href,
      port: port2,
      signal,
      childPath: this.#options.childPath ?? builtFile('child.js'),
      idleMs: this.#options.idleMs ?? IDLE_MS,
    };
    const worker = new Worker(BOOTSTRAP, {
      eval: true,
      workerData: data,
      transferList: [port2],
      // The script's loaders, such as tsx, may need the blocked thread.
      execArgv: [],
      env: childEnvironment(process.env),
    });
    worker.unref();
    port1.unref();
    return { port: port1, signal };
  }
}

/** The worker's answer to a read. */
export function answer(data: ReaderData, message: Answer): void {
  data.port.postMessage(message, message.table ? numbersOf(message.table) : []);
  Atomics.store(data.signal, 0, 1);
  Atomics.notify(data.signal, 0);
}

/** Buffers that hold only numbers of a table: they can be transferred to another thread. */
function numbersOf({ ts, columns }: Table): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer, byteLength } of [
    ts,
    ...columns.flatMap(({ values }) => (values instanceof Float64Array ? [values] : [])),
  ]) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffers.add(buffer);
  }
  return [...buffers];
}
