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
import { deserializeError } from '../protocol/wire-error.js';

export interface JobClientOptions extends ChildOptions {
  /** Told each line the author's code prints, and each one Seamless has to say. */
  readonly onLog?: ((line: LogLine) => void) | undefined;
}

export interface RequestOptions {
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told the WebSocket address at which the child waits for a debugger. */
  readonly onInspect?: ((url: string) => void) | undefined;
  /** Told when more of a run's journal is on disk. */
  readonly onWritten?: (() => void) | undefined;
  /** Given what tells the child what a broker did, as long as the request is not answered. */
  readonly onBegun?: ((tell: (said: BrokerSaid) => void) => void) | undefined;
  /** Milliseconds after which a cancelled child that has not answered is ended. Default: 250. */
  readonly patienceMs?: number | undefined;
}

/** A cancelled child that has not answered after this many milliseconds is stuck in the author's code. */
const PATIENCE_MS = 250;

/** A child whose channel was closed has this many milliseconds to close its files. */
const FAREWELL_MS = 1000;

/** What a dead child printed last arrives within this many milliseconds. */
const GRACE_MS = 200;

/** Lines of the child's stderr that are kept, to tell why it died. */
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
 * One child process, which runs strategies on request. It is kept warm between requests; when it dies, all that is
 * pending is rejected, and so is every later request: start another then.
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
    child.on('message', (raw) => {
      this.#receive(raw);
    });
    this.#exited = new Promise((resolve) => {
      const gone = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#end(departure(code, signal, this.#lastWords));
        resolve();
      };
      // The last words are to be read first; a process of the child's own may hold them up. Node's 'close' would tell,
      // but never comes where this side closed the channel.
      child.once('exit', (code, signal) => {
        const read = Promise.all([endOf(child.stdout), endOf(child.stderr)]);
        void Promise.race([read, sleep(GRACE_MS, undefined, { ref: false })]).then(() => {
          gone(code, signal);
        });
      });
      // Whoever closed the channel: nothing can be answered any more.
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
   * @throws SeamlessError `internal` when this installation lacks its program, `usage` when this Node is too old to run it.
   */
  static start(options: JobClientOptions): JobClient {
    const tooOld = needsNewerNode(process.versions.node);
    if (tooOld !== null) throw new SeamlessError('usage', tooOld);
    return new JobClient(forkChild(options), options.onLog ?? (() => undefined));
  }

  /** Resolves when the child takes requests, or has ended. */
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
   * Asks the child, and waits for its answer.
   * @throws SeamlessError what the child answers; `cancelled` when the signal aborts, at the latest `patienceMs`
   * later, for then a child that does not listen is killed; `internal` when the child dies.
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
    // A union of requests, of which the types see only that kind and payload each fit one.
    const message = { type: 'request', id, kind, payload } as RequestMessage;
    const answer = new Promise<unknown>((resolve, reject) => {
      const abort = (): void => {
        this.#cancel(id);
      };
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

  /** Ends the child: at once when it is starting or at work, else after it has closed its files. */
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
      // Whom a broken message was to answer is unknown: nobody may be left waiting for it.
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
    // A channel that is closing reports itself by 'close', which rejects whatever is pending.
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

/** Resolves once all that a stream gives has been read. */
function endOf(stream: Readable | null): Promise<void> {
  return new Promise((resolve) => {
    if (!stream || stream.readableEnded) resolve();
    else stream.once('end', resolve);
  });
}

function cancelled(): SeamlessError {
  return new SeamlessError('cancelled', 'Cancelled. What was finished by then is in the cache.');
}

/** Why a child that nobody asked to end has ended, in a sentence. */
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
