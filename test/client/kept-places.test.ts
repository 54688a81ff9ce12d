// Slow (20 s): a property: what is read without a child beside what a child reads.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { MaterializeSeamlessJob, openCache } from '../../src/client/materialize-job.js';
import { columnsOf, type HistoryColumns } from '../../src/protocol/history.js';
import { placesIn, readPlaces } from '../../src/protocol/sidecar/kept-places.js';
import { ALL_TIME, type Range } from '../../src/sdk/time/time.js';
import { PlacesReader } from '../../src/store/segments/places-reader.js';
import { cases } from '../support/profile.js';
import { Child, closeOf, CSV_HEADER, csvLines, minute, Project } from '../support/project.js';

const BARS = 90;

const strategyOf = (name: string, code: string): string => `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
export class ${name} extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const scaled = new Node({ name: 'scaled', input: price, period: 3, computeFn: (view) => view.latest(price).close ${code} });
    const side = new Node({ name: 'side', input: scaled, period: 1, computeFn: (view) => view.latest(scaled) > 101 ? { up: true, why: 'high' } : null });
    this.addNodes([price, scaled, side]);
  }
}
`;
const barsOf = (count: number, close = closeOf): string => CSV_HEADER + csvLines(0, count, close);
const NAMES = ['main.ts#Main', 'Main', 'other.ts#Main', 'Other', 'other.ts#Other', 'Absent'];
const NODES = ['price', 'scaled', 'side', 'absent'];

/** A project, a child that runs and reads it, and scripts that read it beside. */
class World {
  readonly project = new Project({
    'bars.csv': barsOf(BARS),
    'main.ts': strategyOf('Main', '* 2'),
    'other.ts': strategyOf('Other', '* 3'),
  });

  constructor(readonly child: Child) {}

  /** @param sidecar whether the run leaves where its rows are, as runs in a terminal do, but not those of the editor */
  async run(file = 'main.ts', end = BARS, sidecar = true): Promise<void> {
    const range = { start: minute(0), end: minute(end) };
    const leaves = sidecar && ({ sidecar: true } as const);
    await this.child.request('materialize', { strategy: this.project.strategy(file), ...range, ...leaves });
  }

  /** Another close of one bar. */
  correct(n: number): void {
    this.project.write({ 'bars.csv': barsOf(BARS, (i) => (i === n % BARS ? n : closeOf(i))) });
  }

  cache(action: 'clear' | 'clean', strategy?: string): Promise<unknown> {
    return this.child.request('cache', { projectRoot: this.project.root, action, strategy });
  }

  files(folder: string): string[] {
    const path = join(this.project.cacheDir, folder);
    return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
  }

  /** What a script reads by itself; null where it has to ask a child. */
  async near(strategy: string, node: string, range: Range): Promise<HistoryColumns | null> {
    const dir = this.project.cacheDir;
    const all = await readPlaces(dir, strategy);
    const places = all && placesIn(dir, all, node, range);
    const table = places && new PlacesReader().read(places);
    return table && columnsOf(table);
  }

  /** What a child reads, or why it does not. */
  async full(strategy: string, node: string, range: Range): Promise<HistoryColumns | string> {
    const ends = range === ALL_TIME ? {} : range;
    const asked = { projectRoot: this.project.root, strategy, node, ...ends };
    return this.child.request('read', asked).then(columnsOf, (error: unknown) => String(error));
  }
}

const OPS: Readonly<Record<string, (world: World, n: number) => unknown>> = {
  run: (world) => world.run(),
  'another range': (world, n) => world.run('main.ts', 1 + (n % BARS)),
  'another strategy': (world) => world.run('other.ts'),
  'the same class in another file': async (world) => {
    world.project.write({ 'other.ts': strategyOf('Main', '* 5') });
    await world.run('other.ts');
  },
  edit: async (world, n) => {
    world.project.write({ 'main.ts': strategyOf('Main', `* ${n}`) });
    await world.run();
  },
  'an edit that is not run': ({ project }, n) => project.write({ 'main.ts': strategyOf('Main', `* ${n}`) }),
  'a corrected bar': async (world, n) => {
    world.correct(n);
    await world.run();
  },
  'a corrected bar, run by the editor': async (world, n) => {
    world.correct(n);
    await world.run('main.ts', BARS, false);
  },
  clean: (world) => world.cache('clean'),
  clear: (world) => world.cache('clear'),
  // Refused where there is none of it.
  'clear one': (world) => world.cache('clear', 'main.ts#Main').catch(() => undefined),
  'no pack': (world, n) =>
    world
      .files('packs')
      .slice(n % 3, (n % 3) + 1)
      .forEach((path) => rmSync(path)),
  'a damaged pack': (world, n) => flip(world.files('packs')[n % 3], n),
  'damaged places': (world, n) => flip(world.files('places')[0], n),
  'cut places': (world, n) =>
    world.files('places').forEach((path) => writeFileSync(path, readFileSync(path).subarray(0, n))),
};

function flip(path: string | undefined, n: number): void {
  if (path === undefined) return;
  const bytes = readFileSync(path);
  const at = (n * 7919) % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

describe('rows that a script reads without a child', () => {
  let child: Child;
  before(() => {
    child = new Child();
  });
  after(() => child.end());

  it('are those that a child reads, whatever was run, edited, cleaned or damaged', async () => {
    let near = 0;
    const ops = fc.array(fc.tuple(fc.constantFrom(...Object.keys(OPS)), fc.nat(BARS)), {
      minLength: 2,
      maxLength: 10,
    });
    await fc.assert(
      fc.asyncProperty(ops, async (chosen) => {
        const world = new World(child);
        try {
          await world.run();
          for (const [name, n] of chosen) {
            await OPS[name]?.(world, n);
            const ranges = [ALL_TIME, { start: minute(n - 5), end: minute(n + 20) }];
            for (const strategy of NAMES)
              for (const node of NODES)
                for (const range of ranges) {
                  const found = await world.near(strategy, node, range);
                  if (!found) continue;
                  near += 1;
                  assert.deepEqual(
                    found,
                    await world.full(strategy, node, range),
                    `${name}: ${strategy} ${node}`,
                  );
                }
          }
        } finally {
          world.project.remove();
        }
      }),
      cases(100, 8),
    );
    assert.ok(near > 100, `only ${near} were read without a child`);
  });

  it('are not those of an earlier state of the cache', async () => {
    const world = new World(child);
    try {
      await world.run();
      assert.ok(await world.near('Main', 'scaled', ALL_TIME));
      world.correct(7);
      await world.run('main.ts', BARS, false);
      assert.equal(world.files('places').length, 1);
      assert.equal(await world.near('Main', 'scaled', ALL_TIME), null);
    } finally {
      world.project.remove();
    }
  });

  it('are read by openCache and by the report of a hit, and nothing is started', async () => {
    const world = new World(child);
    const programs = { childPath: '/nowhere/child.js' };
    try {
      await world.run();
      const cache = openCache({ projectRoot: world.project.root }, programs);
      const scaled = await cache.read('Main', 'scaled');
      assert.deepEqual(scaled, await world.full('Main', 'scaled', ALL_TIME));
      assert.equal(scaled.ts.length, BARS - 2);
      const some = await cache.read('main.ts#Main', 'scaled', minute(10), minute(12));
      assert.deepEqual(some['value'], Float64Array.of(closeOf(10) * 2, closeOf(11) * 2));
      await cache.close();
      await assert.rejects(cache.read('Main', 'scaled'), /was closed/);
    } finally {
      world.project.remove();
    }
  });

  it('are those of its run for a report, also once the cache is gone from under it', async () => {
    const world = new World(child);
    try {
      const strategy = `${world.project.path('main.ts')}#Main`;
      const job = () => new MaterializeSeamlessJob({ strategy, start: minute(0), end: minute(BARS) }).run();
      const first = await job();
      const second = await job();
      assert.equal(second.hits, 3);
      for (const node of ['price', 'scaled', 'side'])
        assert.deepEqual(second.node(node).columns(), first.node(node).columns());
      assert.equal(world.files('places').length, 1);
      await world.cache('clear');
      assert.deepEqual([...world.files('places'), ...world.files('hits')], []);
      for (const path of world.files('packs')) rmSync(path);
      assert.throws(() => second.node('scaled').columns(), /have been cleaned up/);
    } finally {
      world.project.remove();
    }
  });
});
