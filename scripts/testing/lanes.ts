import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FILE_END, type FileEnded, type LaneMessage } from './messages.js';
import { childrenOf, endProcesses, named } from './processes.js';
import { root } from './paths.js';
import type { Outcome, SuiteTime } from './outcome.js';

/** A lane that has told nothing for so long is ended: longer than the longest test may take. */
const SILENT_MS = 1_200_000;

const WATCH_MS = 5_000;

/** How long the rest of a lane's text is waited for once it has ended. */
const REST_MS = 5_000;

/** Test files, run by several processes side by side: each takes the next file when it is done with one. */
export class Lanes {
  readonly #waiting: string[];
  readonly #passed: string[] = [];
  readonly #failed: string[] = [];
  readonly #times: SuiteTime[] = [];
  /** What failed in the first try of suites that have a second one, by file. */
  readonly #firstTries = new Map<string, readonly string[]>();
  readonly #unsteady: string[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(
    readonly name: string,
    /** In the order they are begun: those that take long first. */
    files: readonly string[],
    /** Whether a suite that failed is run once more, as those are that drive an editor which is not ours. */
    private readonly hasSecondTry = false,
  ) {
    this.#waiting = [...files];
  }

  /** @param count how many processes it begins with */
  async run(count: number): Promise<Outcome> {
    if (this.#waiting.length === 0) this.#failed.push(`${this.name}: there was no test to run`);
    for (let lanes = 0; lanes < Math.min(count, this.#waiting.length); lanes++) this.add();
    while (this.#running.size > 0) await Promise.race(this.#running);
    return {
      passed: this.#passed.length,
      failed: this.#failed,
      unsteady: this.#unsteady,
      times: this.#times,
    };
  }

  /** Goes on with one process more, until no file is left. */
  add(): void {
    const lane = this.#lane().finally(() => this.#running.delete(lane));
    this.#running.add(lane);
  }

  /** One lane until no file is left, with another process whenever one is lost. */
  async #lane(): Promise<void> {
    while (this.#waiting.length > 0) await this.#process();
  }

  #process(): Promise<void> {
    return new Promise((resolve) => {
      const lane = fork(join(root, 'scripts/testing/lane.ts'), {
        cwd: root,
        execArgv: ['--import', 'tsx'],
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
      const at = { file: '', test: '', heard: performance.now(), isOver: false };
      const printed = print(lane);
      const next = (): void => {
        const file = this.#takeNext(at.file === '');
        at.file = file ?? '';
        at.test = '';
        at.heard = performance.now();
        at.isOver = file === undefined;
        if (file === undefined) lane.disconnect();
        else lane.send(file);
      };
      lane.on('message', (message: LaneMessage) => {
        at.heard = performance.now();
        if (message.type === 'test') {
          at.test = message.title;
          return;
        }
        if (message.type === 'file') this.#add(at.file, message);
        else this.#failed.push(`${at.file}: could not be run (${message.sentence})`);
        next();
      });
      const watch = setInterval(() => {
        if (performance.now() - at.heard > SILENT_MS) this.#end(lane, at.file, at.test);
      }, WATCH_MS);
      lane.once('exit', (code, signal) => {
        clearInterval(watch);
        void printed().then(resolve);
        const how = signal ?? `exit code ${code}`;
        if (!at.isOver) this.#failed.push(`${at.file}: its process ended in "${at.test}" (${how})`);
        else if (code !== 0) this.#failed.push(`${this.name}: did not end by itself; see above (${how})`);
      });
      next();
    });
  }

  /** The next file for a process; none for one that has run a file whose second try is next: modules are loaded only once. */
  #takeNext(isNewProcess: boolean): string | undefined {
    const isSecondTry = this.#firstTries.has(this.#waiting[0] ?? '');
    return isSecondTry && !isNewProcess ? undefined : this.#waiting.shift();
  }

  #add(file: string, { results, left, seconds, processorSeconds }: FileEnded): void {
    const tests = results.passed.length + results.failed.length + results.skipped.length;
    this.#times.push({ file, tests, seconds, processorSeconds });
    const firstTry = this.#firstTries.get(file);
    if (this.hasSecondTry && results.failed.length > 0 && firstTry === undefined) {
      this.#firstTries.set(file, results.failed);
      this.#waiting.push(file);
      console.error(`${file} failed, and is run once more at the end. Why it failed is told then, too.`);
      return;
    }
    this.#passed.push(...results.passed);
    this.#failed.push(...results.failed, ...results.skipped.map((title) => `${title} (skipped)`));
    if (firstTry && results.failed.length === 0) this.#unsteady.push(...firstTry);
    if (tests === 0) this.#failed.push(`${file}: there was no test to run`);
    if (left.length > 0) this.#failed.push(`${file}: left processes that did not end: ${left.join(', ')}`);
  }

  #end(lane: ChildProcess, file: string, test: string): void {
    const family = childrenOf(lane.pid ?? NaN);
    const open = family.map(named).join(', ') || 'no process but its own';
    console.error(
      `${this.name}: ${file || 'the end'} said nothing for ${SILENT_MS / 60_000} minutes, last in "${test}". Ended. Still open: ${open}.`,
    );
    lane.kill('SIGKILL');
    endProcesses(family);
  }
}

/**
 * Prints what a lane prints, a whole suite at a time, so that lanes do not mix. Call when it has ended: resolves once the
 * rest is printed, which a process that outlives its lane may keep from ending.
 */
function print(lane: ChildProcess): () => Promise<void> {
  const streams = [lane.stdout, lane.stderr].filter((stream) => stream !== null);
  let text = '';
  const flush = (): void => {
    if (text.trim() !== '') process.stdout.write(text);
    text = '';
  };
  const add = (chunk: string): void => {
    const parts = chunk.split(FILE_END);
    for (const [at, part] of parts.entries()) {
      text += part;
      if (at < parts.length - 1) flush();
    }
  };
  const ended = streams.map((stream) => {
    stream.setEncoding('utf8').on('data', add);
    return once(stream, 'end');
  });
  return async () => {
    await Promise.race([Promise.all(ended), sleep(REST_MS, null, { ref: false })]);
    for (const stream of streams) stream.destroy();
    flush();
  };
}
