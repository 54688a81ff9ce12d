import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import PQueue from 'p-queue';
import * as vscode from 'vscode';

import { JobClient, type RequestOptions } from '../../client/job-client.js';
import type { LogLine } from '../../protocol/messages.js';
import type { Payload, RequestKind, StrategyRef } from '../../protocol/payloads.js';
import type { Result } from '../../protocol/results.js';
import { classOf } from '../../present/format.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { Secrets } from './secrets.js';
import { memorySetting } from './settings.js';

/** First come, first served, but requests of a person go before background checks. */
const URGENT = 1;

/**
 * A background check was ended because a person's request needs the process, and the check waited for a cache that is in use
 * elsewhere.
 */
class MadeWay extends Error {}

interface JobOptions extends RequestOptions {
  /** Requested by a person who waits. */
  readonly urgent?: boolean;
  /** Called when its turn has come; until then the child works on other requests. */
  readonly onTurn?: () => void;
}

/**
 * The child process that runs this window's strategies: started when first needed, kept warm, replaced when it dies. It gets one
 * request at a time, so that killing it (how stuck code is cancelled) ends that request only.
 */
export class Jobs implements vscode.Disposable {
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #context: vscode.ExtensionContext;
  readonly #log: vscode.LogOutputChannel;
  #client: JobClient | null = null;
  #memoryMb: number | undefined;
  #childLog: WriteStream | null = null;
  #disposed = false;
  readonly #secrets: Secrets;
  /** Secrets have changed since it was started. */
  #outdated = false;
  /** Ends the check that waits for a cache in use by another process; null: there is none. */
  #waitingLook: AbortController | null = null;
  /** What the child is doing, for those who wait. */
  #doing: string | null = null;
  /** Requests of a person that are running or waiting. */
  #urgent = 0;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel, secrets: Secrets) {
    this.#secrets = secrets;
    secrets.onDidChange(() => (this.#outdated = true));
    this.#context = context;
    this.#log = log;
  }

  /** Process id of the child; undefined while there is none. */
  get pid(): number | undefined {
    return this.#client?.alive === true ? this.#client.pid : undefined;
  }

  /** Whether a person's request is running or waiting: background checks come after it. */
  get busy(): boolean {
    return this.#urgent > 0;
  }

  /** What the child is doing: `looking at Momentum`; null while idle. */
  get doing(): string | null {
    return this.#doing;
  }

  /** Like `JobClient.request`; starts a child if there is none. */
  async request<K extends RequestKind>(
    kind: K,
    payload: Payload<K>,
    options: JobOptions = {},
  ): Promise<Result<K>> {
    this.#mustRun();
    const { urgent = false, signal } = options;
    if (urgent) {
      this.#urgent += 1;
      this.#waitingLook?.abort();
    }
    try {
      return await this.#queue.add(
        async () => {
          this.#mustRun();
          const started = performance.now();
          this.#doing = doingText(kind, payload);
          options.onTurn?.();
          try {
            return await this.#ask(kind, payload, options);
          } finally {
            this.#waitingLook = null;
            this.#doing = null;
            this.#log.debug(`${kind}: ${Math.round(performance.now() - started)} ms`);
          }
        },
        { priority: urgent ? URGENT : 0, ...(signal && { signal }) },
      );
    } catch (error) {
      if (error instanceof MadeWay) return await this.request(kind, payload, options);
      if (signal?.aborted && !(error instanceof SeamlessError)) {
        throw new SeamlessError('cancelled', vscode.l10n.t('Cancelled before it started.'));
      }
      throw error;
    } finally {
      if (urgent) this.#urgent -= 1;
    }
  }

  /** Ends the child; the next request starts another. */
  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.dispose();
  }

  dispose(): void {
    this.#disposed = true;
    this.#queue.clear();
    // VS Code does not wait long when a window closes; the child also exits when its channel closes.
    this.stop().catch((error: unknown) => this.#log.error(String(error)));
    this.#childLog?.end();
    this.#childLog = null;
  }

  async #ask<K extends RequestKind>(
    kind: K,
    payload: Payload<K>,
    { urgent = false, signal, onProgress }: JobOptions,
  ): Promise<Result<K>> {
    await this.#secrets.ready;
    const client = this.#running();
    const way = new AbortController();
    try {
      return await client.request(kind, payload, {
        signal: AbortSignal.any([way.signal, ...(signal ? [signal] : [])]),
        onProgress: (progress) => {
          if (progress.phase === 'waiting' && !urgent) this.#mayGiveWay(way);
          onProgress?.(progress);
        },
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      if (way.signal.aborted) throw new MadeWay();
      throw error;
    }
  }

  #mayGiveWay(way: AbortController): void {
    this.#waitingLook = way;
    if (this.#queue.sizeBy({ priority: URGENT }) > 0) way.abort();
  }

  #mustRun(): void {
    if (!vscode.workspace.isTrusted) {
      throw new SeamlessError(
        'usage',
        vscode.l10n.t('This workspace is not trusted. Trust it to run strategies.'),
      );
    }
    if (this.#disposed) throw new SeamlessError('cancelled', vscode.l10n.t('Seamless is shutting down.'));
  }

  #running(): JobClient {
    const memoryMb = memorySetting();
    if (this.#client?.alive === true && this.#memoryMb === memoryMb && !this.#outdated) return this.#client;
    // Requests come one at a time, so a child with other limits is idle now and can be replaced.
    void this.#client?.dispose();
    this.#memoryMb = memoryMb;
    this.#outdated = false;
    this.#client = JobClient.start({
      childPath: join(this.#context.extensionPath, 'dist', 'child.js'),
      memoryMb,
      lasting: true,
      onLog: (line) => this.#write(line),
    });
    this.#log.debug(`child started, process ${this.#client.pid ?? '?'}`);
    return this.#client;
  }

  /** Output of author code is logged: it helps to find the cause of a failure. */
  #write({ level, text }: LogLine): void {
    if (level === 'warn') this.#log.warn(text);
    else this.#log.info(text);
    if (this.#disposed) return;
    if (!this.#childLog) {
      const folder = this.#context.logUri.fsPath;
      mkdirSync(folder, { recursive: true });
      this.#childLog = createWriteStream(join(folder, 'child.log'), { flags: 'a' });
      this.#childLog.on('error', (error) => this.#log.warn(`child.log: ${error.message}`));
    }
    this.#childLog.write(`${level} ${text}\n`);
  }
}

/** What the child does for a request, for those who wait. */
function doingText<K extends RequestKind>(kind: K, payload: Payload<K>): string {
  const { t } = vscode.l10n;
  const strategy: unknown = 'strategy' in payload ? payload.strategy : null;
  const name =
    typeof strategy === 'string'
      ? classOf(strategy)
      : isRef(strategy)
        ? (strategy.className ?? basename(strategy.file))
        : '';
  if (name === '') return t('another task');
  return kind === 'materialize' ? t('materializing {0}', name) : t('looking at {0}', name);
}

function isRef(strategy: unknown): strategy is StrategyRef {
  return typeof strategy === 'object' && strategy !== null && 'file' in strategy;
}
