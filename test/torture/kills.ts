import { existsSync, rmSync } from 'node:fs';
import { difference, type RangeSet } from '../../src/engine/plan/ranges.js';
import type { RunProgress } from '../../src/engine/run/reporting/report.js';
import { runFresh } from '../support/project.js';
import { pick, randomOf } from './random.js';
import { PHASES, Victim, type Instant, type Measured, type Phase } from './victim.js';
import { examine, RANGE, SOURCES, STRATEGY, VARIANTS, World, type Source, type Variant } from './world.js';

/** Phases that are aimed at. Between two requests nothing is at work. */
export const AIMS = PHASES.filter((phase) => phase !== 'idle');

/** Kills that one cache lives through before it is completed, and compared as a whole. */
const KILLS_PER_LIFE = 10;

/** How often an instant is drawn anew, on an empty cache, when a run was over before it came. */
const MOST_DRAWS = 8;

/** Of a phase's time, as measured, in which an instant is drawn: it may be shorter the next time. */
const AIMED_SHARE = 0.8;

/** What came of one kill. */
export interface Kill {
  readonly aim: Phase;
  readonly instant: Instant;
  /** Where it was killed in truth. */
  readonly phase: Phase;
  /** Stored rows that were compared with cold runs afterwards. */
  readonly rows: number;
  readonly faults: readonly string[];
}

interface KillsOptions {
  readonly seed: string;
  readonly kills: number;
  /** The first life that is lived, where others were before. */
  readonly firstLife?: number | undefined;
  /** No life is begun after this, by `Date.now()`. */
  readonly until?: number | undefined;
  /** Told after each life. */
  readonly onLife?: ((life: number, kills: readonly Kill[], faults: readonly string[]) => void) | undefined;
}

/** Kills children of a small project at random instants, and gives what was found after each. */
export async function killAgainAndAgain(options: KillsOptions): Promise<void> {
  const { seed, kills, firstLife = 0, until = Infinity, onLife } = options;
  const world = new World();
  try {
    await world.measureCold();
    const scales = await measure(world);
    const lives = Math.ceil(kills / KILLS_PER_LIFE);
    for (let life = firstLife; life < lives && Date.now() < until; life++) {
      const lived = new Life(world, scales, seed, life);
      const count = Math.min(KILLS_PER_LIFE, kills - life * KILLS_PER_LIFE);
      for (let turn = 0; turn < count; turn++) await lived.kill(aimOf(life, turn));
      onLife?.(life, lived.kills, await lived.end());
    }
  } finally {
    world.remove();
  }
}

/** A life has every aim once, each at another time of it than in the life before, and after another one. */
function aimOf(life: number, turn: number): Phase {
  const stride = [1, 3, 7, 9][life % 4] as number;
  return AIMS[(life + stride * turn) % AIMS.length] as Phase;
}

/** How long each phase takes, and how often it is entered, when nobody disturbs it. */
type Scales = ReadonlyMap<Phase, { readonly entries: number; readonly meanMs: number }>;

async function measure(world: World): Promise<Scales> {
  const dir = world.project.path('measured');
  const log = world.project.path('measured.log');
  world.use(SOURCES[0], VARIANTS[0]);
  const runs: Measured[] = [];
  for (const work of ['run', 'clear'] as const) {
    const victim = new Victim(null, log);
    await request(victim, world, dir, work);
    await victim.client.dispose();
    runs.push(victim.measured);
  }
  rmSync(dir, { recursive: true });
  return new Map(
    PHASES.map((phase, index) => {
      const run = runs.find(({ entries }) => (entries[index] ?? 0) > 0);
      const entries = Math.max(1, run?.entries[index] ?? 1);
      return [phase, { entries, meanMs: (run?.durations[index] ?? 1) / entries }];
    }),
  );
}

type Wanted = 'run' | 'clear' | 'clean';

async function request(
  { client }: Victim,
  world: World,
  dir: string,
  wanted: Wanted,
  onProgress?: (progress: RunProgress) => void,
): Promise<void> {
  const place = { projectRoot: world.project.root, cacheDir: dir };
  if (wanted === 'run') {
    const strategy = world.project.strategy('main.ts', STRATEGY);
    await client.request('materialize', { strategy, ...RANGE, cacheDir: dir }, { onProgress });
  } else await client.request('cache', { ...place, action: wanted });
}

/** One cache, from its making to its last comparison. */
class Life {
  readonly kills: Kill[] = [];
  readonly #world: World;
  readonly #scales: Scales;
  readonly #random: () => number;
  readonly #dir: string;
  /** Contents that the source has had since the cache was last complete. */
  #sources = new Set<Source>([SOURCES[0]]);
  #coverage: ReadonlyMap<string, RangeSet> = new Map();

  constructor(world: World, scales: Scales, seed: string, life: number) {
    this.#world = world;
    this.#scales = scales;
    this.#random = randomOf(seed, life);
    this.#dir = world.project.path('cache');
    this.#forget();
  }

  #forget(): void {
    rmSync(this.#dir, { recursive: true, force: true });
    this.#world.use(SOURCES[0], VARIANTS[0]);
    this.#sources = new Set([SOURCES[0]]);
    this.#coverage = new Map();
  }

  async kill(aim: Phase): Promise<void> {
    for (let draw = 0; draw < MOST_DRAWS; draw++) {
      const instant = this.#draw(aim, draw);
      if (draw > 0) this.#forget();
      await this.#prepare(aim);
      const found = await this.#killAt(aim, instant);
      if (found) {
        this.kills.push(found);
        return;
      }
    }
    throw new Error(`No child was at work long enough to be killed at: ${aim}.`);
  }

  /** Each draw aims earlier: a phase is shorter when the machine has less to do than when it was measured. */
  #draw(aim: Phase, draw: number): Instant {
    const { entries, meanMs } = this.#scales.get(aim) ?? { entries: 1, meanMs: 1 };
    return {
      phase: aim,
      nth: 1 + Math.floor(this.#random() * entries),
      delayMs: this.#random() * meanMs * AIMED_SHARE ** (1 + draw),
    };
  }

  async #prepare(aim: Phase): Promise<void> {
    // A log that is long enough for a checkpoint is that of a first run.
    if (aim === 'checkpoint') this.#forget();
    if (aim === 'clean-up') await this.#complete();
    const { source } = this.#world;
    const variant = pick(this.#random, VARIANTS);
    const works = aim === 'source read' || aim === 'compute' || aim === 'commit';
    const changed =
      this.#random() < 0.2 || aim === 'source read' || (works && this.#isComplete(source, variant));
    const next = changed ? (SOURCES.find((each) => each !== source) ?? source) : source;
    this.#sources.add(next);
    this.#world.use(next, variant);
  }

  #isComplete(source: Source, variant: Variant): boolean {
    const wanted = [...this.#world.cold(source, variant).tables.keys()];
    return wanted.every(
      (fingerprint) => difference([RANGE], this.#coverage.get(fingerprint) ?? []).length === 0,
    );
  }

  async #complete(): Promise<void> {
    await runFresh(this.#world.project, { ...RANGE, cacheDir: this.#dir });
    this.#sources = new Set([this.#world.source]);
    // A source that had changed ended the coverage of other edits too.
    this.#coverage = (await this.#examine()).coverage;
  }

  async #killAt(aim: Phase, instant: Instant): Promise<Kill | null> {
    const victim = new Victim(instant, this.#world.project.path('phase.log'));
    const told: { readonly node: string; readonly start: number; readonly end: number }[] = [];
    const cleans = aim === 'clean-up';
    const wanted = cleans ? pick(this.#random, ['clear', 'clean'] as const) : 'run';
    const onProgress = ({ covered = [] }: RunProgress): void => {
      for (const { node, span } of covered) told.push({ node, start: span[0], end: span[1] });
    };
    const died = await request(victim, this.#world, this.#dir, wanted, onProgress).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    await victim.client.dispose();
    const phase = victim.killedIn;
    if (phase === null && died !== null) throw died;
    const { coverage, rows, faults } = await this.#examine();
    const lost: string[] = [];
    const { fingerprints } = this.#world.cold(this.#world.source, this.#world.variant);
    for (const { node, start, end } of told) {
      const left = difference([{ start, end }], coverage.get(fingerprints.get(node) ?? '') ?? []);
      if (left.length > 0) lost.push(`${node} was told to be stored over ${start} → ${end}, and is not.`);
    }
    if (!cleans && this.#sources.size === 1) {
      for (const [fingerprint, before] of this.#coverage) {
        const left = difference(before, coverage.get(fingerprint) ?? []);
        if (left.length > 0) lost.push(`${fingerprint} was stored before, and is not any more.`);
      }
    }
    this.#coverage = coverage;
    if (phase === null) {
      if (faults.length + lost.length > 0) throw new Error([...faults, ...lost].join('\n'));
      return null;
    }
    return { aim, instant, phase, rows, faults: [...faults, ...lost] };
  }

  async #examine(): ReturnType<typeof examine> {
    if (!existsSync(this.#dir)) return { coverage: new Map(), rows: 0, faults: [] };
    return examine(this.#world, this.#dir, this.#sources);
  }

  /** Completes what is left, by a child that is not killed, and compares all of it. Gives what is wrong. */
  async end(): Promise<string[]> {
    const { report, lines } = await runFresh(this.#world.project, { ...RANGE, cacheDir: this.#dir });
    const faults = lines.filter((line) => line.includes('damaged'));
    if (report.coverageBounds?.[0] !== RANGE.start || report.coverageBounds[1] !== RANGE.end) {
      faults.push(`The last run is not complete: ${JSON.stringify(report.coverageBounds)}.`);
    }
    const { coverage, faults: wrong } = await examine(this.#world, this.#dir, new Set([this.#world.source]));
    for (const fingerprint of this.#world.cold(this.#world.source, this.#world.variant).tables.keys()) {
      if (difference([RANGE], coverage.get(fingerprint) ?? []).length > 0)
        faults.push(`${fingerprint} is not complete.`);
    }
    return [...faults, ...wrong];
  }
}
