import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { NodeReport, RunProgress, RunReport } from '../../src/engine/run/reporting/report.js';
import { JobClient } from '../../src/client/job-client.js';
import type { LogLine } from '../../src/protocol/messages.js';
import type { Payload, RequestKind, StrategyRef } from '../../src/protocol/payloads.js';
import type { Result } from '../../src/protocol/results.js';
import { SeamlessError, type ErrorCode } from '../../src/sdk/errors.js';
import type { Table } from '../../src/sdk/table.js';
import type { Range } from '../../src/sdk/time/time.js';
import { openStore } from '../../src/store/store.js';

/** The child as it is shipped: what the tests prove of it holds for users. */
const CHILD = resolve(import.meta.dirname, '../../dist/child.js');

/** Texts by path in the project. */
export type Files = Readonly<Record<string, string>>;

/** Prints a line per call of a `computeFn`, for tests that count calls. */
const CALLED = `
export function called(node: string, view: { readonly asOf: number }): void {
  console.log('call', node, view.asOf);
}
`;

/** A strategy project in a temporary folder. */
export class Project {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'seamless-job-')));

  constructor(files: Files) {
    this.write({ 'package.json': '{}', 'lib/called.ts': CALLED, ...files });
  }

  get cacheDir(): string {
    return join(this.root, '.seamless');
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(files: Files): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), text);
    }
  }

  append(name: string, text: string): void {
    appendFileSync(this.path(name), text);
  }

  strategy(file: string, className: string | null = null): StrategyRef {
    return { file: this.path(file), className, projectRoot: this.root };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** What `materialize` is asked in tests. */
export interface Wanted extends Range {
  /** Default: `main.ts`. */
  readonly file?: string | undefined;
  readonly className?: string | undefined;
  readonly cacheDir?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  readonly patienceMs?: number | undefined;
}

/** A run that is over, with what the author's code printed. */
export interface Ran {
  readonly report: RunReport;
  readonly lines: readonly string[];
}

/** One child process; what it prints is kept. */
export class Child {
  readonly client: JobClient;
  readonly lines: string[] = [];
  #listener: ((text: string) => void) | null = null;

  /** @param memoryMb limit of its heap; Node's own unless given */
  constructor(memoryMb?: number) {
    assert.ok(existsSync(CHILD), `${CHILD} is missing: run "npm run build" first.`);
    this.client = JobClient.start({ childPath: CHILD, memoryMb, onLog: (line) => this.#log(line) });
  }

  #log({ text }: LogLine): void {
    this.lines.push(text);
    this.#listener?.(text);
  }

  /** Resolves once a line that fits is printed. */
  printed(wanted: RegExp): Promise<void> {
    return new Promise((done) => {
      this.#listener = (text) => {
        if (wanted.test(text)) done();
      };
    });
  }

  request<K extends RequestKind>(kind: K, payload: Payload<K>): Promise<Result<K>> {
    return this.client.request(kind, payload);
  }

  materialize(project: Project, wanted: Wanted): Promise<RunReport> {
    const { file = 'main.ts', className, start, end, cacheDir, signal, onProgress, patienceMs } = wanted;
    const strategy = project.strategy(file, className ?? null);
    return this.client.request(
      'materialize',
      { strategy, start, end, ...(cacheDir !== undefined && { cacheDir }) },
      { signal, onProgress, patienceMs },
    );
  }

  /** Materializes, and gives what was printed meanwhile too. */
  async run(project: Project, wanted: Wanted): Promise<Ran> {
    const mark = this.lines.length;
    const report = await this.materialize(project, wanted);
    // The child writes to its pipe before it answers: what is left of that is read in the next turn of the loop.
    await nextTurn();
    await nextTurn();
    return { report, lines: this.lines.slice(mark) };
  }

  read(project: Project, strategy: string, node: string, cacheDir?: string): Promise<Table> {
    return this.request('read', {
      projectRoot: project.root,
      strategy,
      node,
      ...(cacheDir !== undefined && { cacheDir }),
    });
  }

  end(): Promise<void> {
    return this.client.dispose();
  }
}

/** Does something with a child of its own, and ends it. */
export async function withChild<T>(work: (child: Child) => Promise<T>): Promise<T> {
  const child = new Child();
  try {
    return await work(child);
  } finally {
    await child.end();
  }
}

/** Materializes in a process of its own. All that it printed is there once that has ended. */
export async function runFresh(project: Project, wanted: Wanted): Promise<Ran> {
  const lines: string[] = [];
  const report = await withChild(async (child) => {
    try {
      return await child.materialize(project, wanted);
    } finally {
      await child.end();
      lines.push(...child.lines);
    }
  });
  return { report, lines };
}

/** All stored rows of a report's nodes that lie in its range, by name. Opens the cache in this process. */
export async function storedTables(dir: string, report: RunReport): Promise<ReadonlyMap<string, Table>> {
  const [start, end] = report.range;
  const store = await openStore({ dir });
  try {
    const found: { name: string; fingerprint: string }[] = [];
    for (const { name } of report.nodes) {
      const { fingerprint } =
        (await store.findNode(report.strategy, name)) ?? assert.fail(`The cache has no node ${name}.`);
      found.push({ name, fingerprint });
    }
    const tables = await store.read(found.map(({ fingerprint }) => ({ fingerprint, range: { start, end } })));
    return new Map(found.map(({ name }, at) => [name, tables[at] ?? assert.fail(name)]));
  } finally {
    await store.close();
  }
}

export function nodeOf({ nodes }: RunReport, name: string): NodeReport {
  return nodes.find((node) => node.name === name) ?? assert.fail(`The report has no node ${name}.`);
}

/** Closes of the bars that a node's `computeFn` was called for, in order. */
export function callsOf(lines: readonly string[], node: string): number[] {
  const start = `call ${node} `;
  return lines.filter((line) => line.startsWith(start)).map((line) => Number(line.slice(start.length)));
}

/** How many calls each node had. */
export function calls(lines: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of lines) {
    const [word, node] = line.split(' ');
    if (word === 'call' && node) counts[node] = (counts[node] ?? 0) + 1;
  }
  return counts;
}

/** The nodes of a report by their state. */
export function states({ nodes }: RunReport): Record<string, string> {
  return Object.fromEntries(nodes.map(({ name, state }) => [name, state]));
}

/** Expects an error of Seamless with that code, whose message fits. */
export async function refused(
  work: Promise<unknown>,
  code: ErrorCode,
  sentence: RegExp,
): Promise<SeamlessError> {
  const error: unknown = await work.then(
    () => assert.fail('It was not refused.'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SeamlessError, String(error));
  assert.equal(error.code, code, `${error.code}: ${error.message}`);
  assert.match(error.message, sentence);
  return error;
}

/** A block of stored rows begins at this minute, so that tests can work around such a border. */
export const BORDER = 1734 * 16_384 * 60;

/** The open of the `index`-th bar of the made-up minutes, which begin 600 bars before a block's border. */
export function minute(index: number): number {
  return BORDER + (index - 600) * 60;
}

/** The made-up close of a bar: the same for the same bar, whichever file it is written to. */
export function closeOf(index: number): number {
  return 100 + Math.round(1000 * Math.sin(index / 9) + 300 * Math.cos(index * 1.7)) / 100;
}

/** Bars `from` to `to`, exclusive, as CSV lines without a header. */
export function csvLines(from: number, to: number, close: (index: number) => number = closeOf): string {
  let text = '';
  for (let i = from; i < to; i++) text += `${minute(i)},${close(i)},${(i * 37) % 101}\n`;
  return text;
}

export const CSV_HEADER = 'time,close,volume\n';

/** Runs of the children that the tests of a suite start have chunks of this many slots. */
export function chunksOf(slots: number): void {
  const { SEAMLESS_CHUNK_SLOTS: earlier } = process.env;
  before(() => {
    process.env['SEAMLESS_CHUNK_SLOTS'] = String(slots);
  });
  after(() => {
    if (earlier === undefined) delete process.env['SEAMLESS_CHUNK_SLOTS'];
    else process.env['SEAMLESS_CHUNK_SLOTS'] = earlier;
  });
}
