import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { difference, intersection, isEmpty, union, type RangeSet } from '../../src/engine/plan/ranges.js';
import type { RunProgress, RunReport, Span } from '../../src/engine/run/reporting/report.js';
import type { Range } from '../../src/sdk/time/time.js';
import { Child, minute } from '../support/project.js';
import { randomOf } from './random.js';
import { examine, RANGE, SOURCES, STRATEGY, STREAM, VARIANTS, World } from './world.js';

const ROOT = resolve(import.meta.dirname, '../..');
const TERMINALS = 4;
const WINDOWS = 2;
/** Requests of each window, one after the other. */
const REQUESTS = 2;

/** What came of one round. */
export interface Round {
  readonly processes: number;
  /** How many told for whom they waited. */
  readonly waits: number;
  readonly sqlReads: number;
  readonly sqlLocked: number;
  /** From the death of the process that had the cache to the first sign of life of one that waited. */
  readonly takeoverMs: number;
  readonly computedBars: number;
  readonly neededBars: number;
  readonly faults: readonly string[];
}

interface RoundsOptions {
  readonly seed: string;
  readonly rounds: number;
  readonly firstRound?: number | undefined;
  readonly until?: number | undefined;
  readonly onRound: (index: number, round: Round) => void;
}

/** Lets many processes loose on one cache, round after round. */
export async function crowdAgainAndAgain(options: RoundsOptions): Promise<void> {
  const { seed, rounds, firstRound = 0, until = Infinity, onRound } = options;
  const world = new World();
  try {
    await world.measureCold([SOURCES[0]]);
    world.use(SOURCES[0], VARIANTS[0]);
    for (let index = firstRound; index < rounds && Date.now() < until; index++) {
      onRound(index, await new Crowd(world, randomOf(seed, 'round', index)).run());
    }
  } finally {
    world.remove();
  }
}

/** What one process did. */
interface Work {
  readonly who: string;
  readonly range: Range;
  readonly computed: ReadonlyMap<string, RangeSet>;
}

class Crowd {
  readonly #world: World;
  readonly #random: () => number;
  readonly #dir: string;
  readonly #faults: string[] = [];
  readonly #works: Work[] = [];
  readonly #waitedFor: string[] = [];
  /** When anybody but the first was last seen at work. */
  #firstSign: number | null = null;
  #death: number | null = null;

  constructor(world: World, random: () => number) {
    this.#world = world;
    this.#random = random;
    this.#dir = world.project.path('shared');
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async run(): Promise<Round> {
    const sql = this.#startSqlClient();
    const holder = await this.#startHolder();
    const others = [
      ...Array.from({ length: TERMINALS }, (_, index) => this.#terminal(`terminal ${index + 1}`)),
      ...Array.from({ length: WINDOWS }, (_, index) => this.#window(`window ${index + 1}`)),
    ];
    let over = false;
    const all = Promise.allSettled(others).finally(() => (over = true));
    await this.#until(() => {
      if (over)
        throw new Error('All were done before any of them waited for the process that had the cache.');
      return this.#waitedFor.some((text) => text.includes(`PID ${holder.pid}`));
    });
    this.#death = performance.now();
    process.kill(holder.pid, 'SIGKILL');
    for (const outcome of await all)
      if (outcome.status === 'rejected') this.#faults.push(String(outcome.reason));
    await holder.end();
    const { reads, locked, faults } = await sql.stop();
    this.#faults.push(...faults.map((fault) => `SQL client: ${fault}`));
    if (reads === 0) this.#faults.push('The SQL client came to read nothing.');
    return this.#judge(holder.told, reads, locked);
  }

  #range(): Range {
    const bars = (RANGE.end - RANGE.start) / 60;
    const from = Math.floor(this.#random() * bars * 0.6);
    const length = Math.floor(bars * (0.2 + 0.6 * this.#random()));
    return { start: minute(from), end: minute(Math.min(bars, from + length)) };
  }

  /** The first to have the cache: stopped in the middle of its run, and so neither getting on nor letting go. */
  async #startHolder(): Promise<{
    pid: number;
    told: ReadonlyMap<string, Range[]>;
    end: () => Promise<void>;
  }> {
    const child = new Child();
    await child.client.started;
    const pid = child.client.pid ?? 0;
    const told = new Map<string, Range[]>();
    let stopped = false;
    const onProgress = ({ covered = [] }: RunProgress): void => {
      for (const { node, span } of covered) told.set(node, [...(told.get(node) ?? []), rangeOf(span)]);
      if (covered.length > 0 && !stopped) {
        stopped = true;
        process.kill(pid, 'SIGSTOP');
      }
    };
    const run = child.materialize(this.#world.project, { ...RANGE, cacheDir: this.#dir, onProgress });
    let ended = false;
    const over = run
      .then(
        () => this.#faults.push('The first process was done before it could be stopped.'),
        () => undefined,
      )
      .finally(() => (ended = true));
    await this.#until(() => stopped || ended);
    return { pid, told, end: () => over.then(() => child.end()) };
  }

  async #terminal(who: string): Promise<void> {
    const range = this.#range();
    const args = [
      'materialize',
      `main.ts#${STRATEGY}`,
      '--start',
      String(range.start),
      '--end',
      String(range.end),
    ];
    const child = spawn(
      process.execPath,
      [join(ROOT, 'dist/cli.js'), ...args, '--cache', this.#dir, '--json'],
      {
        cwd: this.#world.project.root,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let [out, said] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (text.includes('is using the cache')) this.#waitedFor.push(text);
      else this.#sign();
    });
    const [code] = (await once(child, 'close')) as [number | null];
    this.#sign();
    if (code !== 0) throw new Error(`${who} ended with ${code}: ${said}`);
    this.#note(who, range, JSON.parse(out) as RunReport);
  }

  async #window(who: string): Promise<void> {
    const child = new Child();
    try {
      for (let request = 0; request < REQUESTS; request++) {
        const range = this.#range();
        const onProgress = ({ phase, node }: RunProgress): void => {
          if (phase === 'waiting') this.#waitedFor.push(node ?? '');
          else this.#sign();
        };
        const wanted = { ...range, cacheDir: this.#dir, onProgress };
        this.#note(
          `${who}, request ${request + 1}`,
          range,
          await child.materialize(this.#world.project, wanted),
        );
      }
    } finally {
      await child.end();
    }
  }

  #sign(): void {
    if (this.#death !== null) this.#firstSign ??= performance.now();
  }

  #note(who: string, range: Range, report: RunReport): void {
    const { coverageBounds } = report;
    if (coverageBounds?.[0] !== range.start || coverageBounds[1] !== range.end) {
      this.#faults.push(`${who} is not complete: ${JSON.stringify(coverageBounds)}.`);
    }
    const computed = new Map(
      report.nodes.map(({ name, computedRanges }) => [name, computedRanges.map(rangeOf)]),
    );
    this.#works.push({ who, range, computed });
  }

  #startSqlClient(): { stop: () => Promise<{ reads: number; locked: number; faults: string[] }> } {
    const file = join(this.#dir, 'cache.duckdb');
    const child = fork(join(import.meta.dirname, 'sql-client.mjs'), [file], { execArgv: [] });
    return {
      stop: async () => {
        // A last look at the cache that nobody uses any more.
        await sleep(500);
        const told = once(child, 'message');
        child.send('stop');
        const [tally] = (await told) as [{ reads: number; locked: number; faults: string[] }];
        return tally;
      },
    };
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await sleep(5);
  }

  /** Nothing twice, nothing wrong, nothing missing. */
  async #judge(
    told: ReadonlyMap<string, readonly Range[]>,
    sqlReads: number,
    sqlLocked: number,
  ): Promise<Round> {
    const { coverage, faults } = await examine(this.#world, this.#dir, new Set([SOURCES[0]]));
    this.#faults.push(...faults);
    let [computedBars, neededBars] = [0, 0];
    for (const [node, fingerprint] of this.#world.cold(SOURCES[0], VARIANTS[0]).fingerprints) {
      const done: { readonly who: string; readonly range: Range }[] = [...(told.get(node) ?? [])].map(
        (range) => ({
          who: 'the first',
          range,
        }),
      );
      for (const { who, computed } of this.#works) {
        for (const range of computed.get(node) ?? []) done.push({ who, range });
      }
      done.forEach((one, at) => {
        for (const other of done.slice(at + 1)) {
          if (isEmpty(intersection(one.range, other.range))) continue;
          this.#faults.push(`${node} was computed twice, by ${one.who} and ${other.who}.`);
        }
      });
      const wanted = union(this.#works.map(({ range }) => range));
      const missing = difference(wanted, coverage.get(fingerprint) ?? []);
      if (missing.length > 0) this.#faults.push(`${node} is not complete.`);
      if (node === STREAM) continue;
      computedBars += barsOf(done.map(({ range }) => range));
      neededBars += barsOf(coverage.get(fingerprint) ?? []);
    }
    if (existsSync(join(this.#dir, 'cache.duckdb.holder'))) this.#faults.push('A note of a holder is left.');
    return {
      processes: 1 + TERMINALS + WINDOWS,
      waits: this.#waitedFor.length,
      sqlReads,
      sqlLocked,
      takeoverMs: (this.#firstSign ?? Infinity) - (this.#death ?? 0),
      computedBars,
      neededBars,
      faults: this.#faults,
    };
  }
}

function rangeOf([start, end]: Span): Range {
  return { start, end };
}

function barsOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { start, end }) => sum + (end - start) / 60, 0);
}
