import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import type { RunProgress } from '../engine/run/reporting/report.js';
import { SeamlessError } from '../sdk/errors.js';
import type { ChildMessage, LogLine, ParentMessage, RequestMessage } from '../protocol/messages.js';
import type { BrokerSaid } from '../live/feed/broker-said.js';
import type { Payload, RequestKind } from '../protocol/payloads.js';
import type { Result } from '../protocol/results.js';
import { parseChildMessage, parseResult } from '../protocol/parse.js';
import { forkChild, type ChildOptions } from './fork.js';
import { needsNewerNode } from '../protocol/node-version.js';
import { cancelled, deserializeError } from '../protocol/wire-error.js';

export interface JobClientOptions extends ChildOptions {
  /** Called with each line that author code prints, or that Seamless logs. */
  readonly onLog?: ((line: LogLine) => void) | undefined;
}

export interface RequestOptions {
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the WebSocket address at which the child waits for a debugger. */
  readonly onInspect?: ((url: string) => void) | undefined;
  /** Called when a run's journal on disk has grown. */
  readonly onWritten?: (() => void) | undefined;
  /** Receives a function that passes the broker's events to the child, until the request is answered. */
  readonly onBegun?: ((tell: (said: BrokerSaid) => void) => void) | undefined;
  /** Milliseconds after which a cancelled child without an answer is killed. Default: 250. */
  readonly patienceMs?: number | undefined;
}

/** After this many milliseconds, a cancelled child without an answer is stuck in author code. */
const PATIENCE_MS = 250;

/** Milliseconds for a child to close its files after its channel closed. */
const FAREWELL_MS = 1000;

/** Milliseconds within which a dead child's last output arrives. */
const GRACE_MS = 200;

/** Lines of the child's stderr that are kept to explain its death. */
const LAST_WORDS = 40;

interface Pending {
  readonly message: RequestMessage;
  readonly onProgress: RequestOptions['onProgress'];
  readonly onInspect: RequestOptions['onInspect'];
  readonly onWritten: RequestOptions['onWritten'];
  readonly settle: (outcome: { value: unknown } | { error: SeamlessError }) => void;
  readonly patienceMs: number;
  aborted: boolean;
}

/**
 * A child process that runs strategies on request. It stays warm between requests. When it dies, all pending and later requests
 * are rejected: start another one.
 */
export class JobClient {
  readonly #child: ChildProcess;
  readonly #onLog: (line: LogLine) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #lastWords: string[] = [];
  readonly #exited: Promise<void>;
  readonly #started: Promise<void>;
  #start: () => void = () => undefined;
  #lastId = 0;
  #ready = false;
  /** Why no request can be answered any more. */
  #ended: SeamlessError | null = null;

  private constructor(child: ChildProcess, onLog: (line: LogLine) => void) {
    this.#child = child;
    this.#onLog = onLog;
    this.#started = new Promise((resolve) => (this.#start = resolve));
    this.#readLines(child.stdout, 'info');
    this.#readLines(child.stderr, 'warn');
    child.on('message', (raw) => this.#receive(raw));
    this.#exited = new Promise((resolve) => {
      const gone = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#end(departure(code, signal, this.#lastWords));
        resolve();
      };
      // Read its last output first; a grandchild may hold the pipe open. Node's 'close' event would tell, but never comes if this
      // side closed the channel.
      child.once('exit', (code, signal) => {
        const read = Promise.all([endOf(child.stdout), endOf(child.stderr)]);
        void Promise.race([read, sleep(GRACE_MS, undefined, { ref: false })]).then(() => gone(code, signal));
      });
      // Whichever side closed the channel, nothing can be answered any more.
      child.once('disconnect', () => setTimeout(() => child.kill('SIGKILL'), FAREWELL_MS).unref());
      child.once('error', (error) => {
        const why = `The process that runs strategies could not be started: ${error.message}.`;
        this.#end(new SeamlessError('internal', why, { cause: error }));
        if (child.pid === undefined) resolve();
      });
    });
  }

  /**
   * Starts a child.
   * @param started with these options, if it runs already
   * @throws SeamlessError `internal` when this installation lacks its program, `usage` when this Node is too old
   */
  static start(options: JobClientOptions, started?: ChildProcess): JobClient {
    const tooOld = needsNewerNode(process.versions.node);
    if (tooOld !== null) throw new SeamlessError('usage', tooOld);
    return new JobClient(started ?? forkChild(options), options.onLog ?? (() => undefined));
  }

  /** Resolves when the child accepts requests, or has ended. */
  get started(): Promise<void> {
    return this.#started;
  }

  /** False once the child has ended or is about to. */
  get alive(): boolean {
    return this.#ended === null;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Sends a request and waits for its answer.
   * @throws SeamlessError the child's error; `cancelled` when the signal aborts, at the latest `patienceMs` later, when an
   * unresponsive child is killed; `internal` when the child dies
   */
  request<K extends RequestKind>(
    kind: K,
    payload: Payload<K>,
    { onProgress, signal, onInspect, onWritten, onBegun, patienceMs = PATIENCE_MS }: RequestOptions = {},
  ): Promise<Result<K>> {
    if (signal?.aborted) return Promise.reject(cancelled());
    if (this.#ended) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    // Kind and payload fit, but the types cannot follow that through the union.
    const message = { type: 'request', id, kind, payload } as RequestMessage;
    const answer = new Promise<unknown>((resolve, reject) => {
      const abort = (): void => this.#cancel(id);
      const settle: Pending['settle'] = (outcome) => {
        signal?.removeEventListener('abort', abort);
        this.#pending.delete(id);
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.value);
      };
      this.#pending.set(id, {
        message,
        onProgress,
        onInspect,
        onWritten,
        settle,
        patienceMs,
        aborted: false,
      });
      signal?.addEventListener('abort', abort, { once: true });
      if (this.#ready) this.#post(message);
      onBegun?.((said) => {
        if (this.#pending.has(id)) this.#post({ type: 'broker', id, said });
      });
    });
    return answer.then((value) => parseResult(kind, value));
  }

  /** Ends the child: at once while it starts or works, else after it has closed its files. */
  async dispose(): Promise<void> {
    const busy = this.#pending.size > 0;
    this.#end(new SeamlessError('cancelled', 'The process that ran the strategy was ended.'));
    if (busy || !this.#ready || !this.#child.connected) this.#child.kill('SIGKILL');
    else this.#child.disconnect();
    await this.#exited;
  }

  #cancel(id: number): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    pending.aborted = true;
    if (!this.#ready) {
      pending.settle({ error: cancelled() });
      return;
    }
    this.#post({ type: 'cancel', id });
    setTimeout(() => {
      if (this.#pending.get(id) !== pending) return;
      const why = 'The process that ran the strategy was stopped, because a cancelled run in it did not end.';
      this.#end(new SeamlessError('cancelled', why));
      this.#child.kill('SIGKILL');
    }, pending.patienceMs).unref();
  }

  #receive(raw: unknown): void {
    let message: ChildMessage;
    try {
      message = parseChildMessage(raw);
    } catch (error) {
      // A broken message names no request: reject all, so that nobody waits forever.
      this.#end(error as SeamlessError);
      this.#child.kill('SIGKILL');
      return;
    }
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        this.#start();
        for (const pending of this.#pending.values()) this.#post(pending.message);
        break;
      case 'log':
        this.#onLog({ level: message.level, text: message.text });
        break;
      case 'progress':
        this.#pending.get(message.id)?.onProgress?.(message.progress);
        break;
      case 'inspect':
        this.#pending.get(message.id)?.onInspect?.(message.url);
        break;
      case 'written':
        this.#pending.get(message.id)?.onWritten?.();
        break;
      case 'result':
        this.#pending.get(message.id)?.settle({ value: message.value });
        break;
      case 'error':
        this.#pending.get(message.id)?.settle({ error: deserializeError(message.error) });
        break;
    }
  }

  #post(message: ParentMessage): void {
    // A closing channel emits 'close', which rejects all pending requests.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #end(reason: SeamlessError): void {
    this.#ended ??= reason;
    this.#start();
    for (const pending of [...this.#pending.values()]) {
      pending.settle({ error: pending.aborted ? cancelled() : reason });
    }
  }

  #readLines(stream: Readable | null, level: LogLine['level']): void {
    if (!stream) return;
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (text) => {
      if (level === 'warn') {
        this.#lastWords.push(text);
        if (this.#lastWords.length > LAST_WORDS) this.#lastWords.shift();
      }
      this.#onLog({ level, text });
    });
  }
}

/** Resolves once a stream has been read to its end. */
function endOf(stream: Readable | null): Promise<void> {
  return new Promise((resolve) => {
    if (!stream || stream.readableEnded) resolve();
    else stream.once('end', resolve);
  });
}

/** Why a child ended unexpectedly, in a sentence. */
function departure(
  code: number | null,
  signal: NodeJS.Signals | null,
  lastWords: readonly string[],
): SeamlessError {
  // Ctrl-C in a terminal reaches the whole process group.
  if (signal === 'SIGINT') return cancelled();
  const how = signal ? `signal ${signal}` : `exit code ${code ?? 'unknown'}`;
  const said = lastWords.join('\n');
  if (/heap out of memory|allocation failed/i.test(said) || signal === 'SIGABRT' || code === 134) {
    return died(
      how,
      'It ran out of memory: choose a shorter range, or let the strategy keep less at a time.',
    );
  }
  if (signal === 'SIGKILL') {
    return died(
      how,
      'The system kills processes when memory runs out: ask for a shorter range, then look at the free memory.',
    );
  }
  const last = lastWords.filter((line) => /^\s*(?:[A-Z]\w*)?Error\b.*:/.test(line)).at(-1);
  return died(
    how,
    last === undefined
      ? 'Check whether the strategy ends the process itself. The cache keeps what was finished.'
      : `Its last output: ${last.trim()}`,
  );
}

function died(how: string, hint: string): SeamlessError {
  return new SeamlessError(
    'internal',
    `The process that runs the strategy ended unexpectedly (${how}). ${hint}`,
  );
}
