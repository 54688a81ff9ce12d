// Slow (35 s): torture.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { difference } from '../../src/engine/plan/ranges.js';
import { runFresh } from '../support/project.js';
import { examine, RANGE, SOURCES, STRATEGY, VARIANTS, World } from './world.js';
import { BOUND_BY_PERMISSIONS } from '../support/permissions.js';

const CLI = resolve(import.meta.dirname, '../../dist/cli.js');
const [FIRST] = SOURCES;
const [VARIANT, OTHER] = VARIANTS;

interface Outcome {
  readonly code: number | null;
  readonly said: string;
}

/** What the file system says of a lack of room, and of a lack of permission. */
const FULL =
  /error: Nothing more can be stored in the cache folder .* \(.*(?:too large|[Nn]o space).*\): its disk is full, or a limit is reached\. What was stored before is kept\. Free some space, or use another folder with --cache DIR\.$/;
const READ_ONLY =
  /error: The cache folder .* cannot be written \(.*\): choose another with --cache DIR, or change its permissions\.$/;

describe('a cache that cannot grow', () => {
  let world: World;
  before(async function () {
    world = new World();
    await world.measureCold([FIRST]);
  });
  beforeEach(() => {
    world.use(FIRST, VARIANT);
  });
  after(() => world.remove());

  /** Runs the command line as a person does; if asked, under a limit of the shell on the size of a file, or bound by permissions. */
  function run(
    dir: string,
    { limitKb = 0, end = RANGE.end, bound = false }: { limitKb?: number; end?: number; bound?: boolean } = {},
  ): Outcome {
    const range = ['--start', String(RANGE.start), '--end', String(end), '--cache', dir];
    const command = [process.execPath, CLI, 'materialize', `main.ts#${STRATEGY}`, ...range];
    const limited = ['sh', '-c', `ulimit -f ${limitKb}; exec "$@"`, 'sh', ...command];
    const obeying = bound ? [...BOUND_BY_PERMISSIONS, ...command] : command;
    const [program = '', ...args] = limitKb > 0 ? limited : obeying;
    const { status, signal, stderr } = spawnSync(program, args, {
      cwd: world.project.root,
      encoding: 'utf8',
      env: { ...process.env, HOME: world.project.root },
    });
    assert.equal(signal, null, stderr);
    return { code: status, said: stderr.trim() };
  }

  function assertRefused({ code, said }: Outcome, sentence: RegExp): void {
    assert.equal(code, 1, said);
    assert.match(said.split('\n').at(-1) ?? '', sentence);
    assert.doesNotMatch(said, /\n\s+at |report it|Something went wrong/);
  }

  /** Nothing in the cache is wrong, and of what it had before nothing is missing. Gives how many rows it holds. */
  async function assertTrue(
    dir: string,
    variant: (typeof VARIANTS)[number],
    kept: { start: number; end: number } | null,
  ): Promise<number> {
    const { coverage, rows, faults } = await examine(world, dir, new Set([FIRST]));
    assert.deepEqual(faults, []);
    if (!kept) return rows;
    for (const [node, fingerprint] of world.cold(FIRST, variant).fingerprints) {
      assert.deepEqual(difference([kept], coverage.get(fingerprint) ?? []), [], node);
    }
    return rows;
  }

  async function assertCompletes(dir: string): Promise<void> {
    const { code, said } = run(dir);
    assert.equal(code, 0, said);
    await assertTrue(dir, world.variant, RANGE);
  }

  // A shell counts in blocks of 512 bytes or of 1 kB: either way the least lets no cache be made, the most no run be finished.
  for (const limitKb of [40, 300, 600, 1100]) {
    it(`says so and goes on later: no file beyond ${limitKb} blocks, an empty cache`, async function () {
      const dir = world.project.path(`limited-${limitKb}`);
      assertRefused(run(dir, { limitKb }), FULL);
      if (existsSync(dir)) {
        assert.deepEqual(
          readdirSync(dir).filter((name) => name.includes('.new-')),
          [],
          'no draft is left',
        );
        await assertTrue(dir, VARIANT, null);
      }
      await assertCompletes(dir);
    });
  }

  it('says so of a disk that not even the bundle of the strategy fits on', () => {
    const { code, said } = run(world.project.path('bundle'), { limitKb: 2 });
    assert.equal(code, 1, said);
    assert.match(
      said,
      /error: The strategy cannot be bundled: neither .* nor .* can be written .*Free some space there/,
    );
  });

  it('keeps all that was stored before', async function () {
    const dir = world.project.path('kept');
    await runFresh(world.project, { ...RANGE, cacheDir: dir });
    world.use(FIRST, OTHER);
    assertRefused(run(dir, { limitKb: 40 }), FULL);
    await assertTrue(dir, VARIANT, RANGE);
    await assertCompletes(dir);
    await assertTrue(dir, VARIANT, RANGE);
  });

  it('of a disk that is full, as far as this process may make one', async function () {
    const disk = world.project.path('disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1400k', 'tmpfs', disk]).status === 0;
    try {
      const dir = join(disk, 'cache');
      const outcome = run(dir, mounted ? {} : { limitKb: 700 });
      assertRefused(outcome, FULL);
      if (mounted)
        assert.ok(statfsSync(disk).bavail * statfsSync(disk).bsize < 600_000, 'it is the disk that is full');
      const before = await assertTrue(dir, VARIANT, null);
      if (mounted) spawnSync('mount', ['-o', 'remount,size=64m', disk]);
      await assertCompletes(dir);
      assert.ok((await assertTrue(dir, VARIANT, RANGE)) > before);
    } finally {
      if (mounted) spawnSync('umount', [disk]);
    }
  });

  it('of a folder that is read-only, empty or not', async function () {
    for (const before of ['empty', 'filled']) {
      const dir = world.project.path(`read-only-${before}`);
      mkdirSync(dir);
      if (before === 'filled') await runFresh(world.project, { ...RANGE, cacheDir: dir });
      chmodSync(world.project.root, 0o755);
      chmodSync(dir, 0o555);
      assertRefused(run(dir, { bound: true }), READ_ONLY);
      chmodSync(dir, 0o755);
      if (before === 'filled') await assertTrue(dir, VARIANT, RANGE);
      else assert.deepEqual(readdirSync(dir), []);
      await assertCompletes(dir);
    }
  });

  it('a clean-up on a disk without room for a copy frees what it can, and loses nothing', async function () {
    const dir = world.project.path('cleaned');
    await runFresh(world.project, { ...RANGE, cacheDir: dir });
    writeFileSync(join(dir, 'cache.duckdb.wanted'), '');
    const command = `ulimit -f 2000; exec "$0" "$@"`;
    const args = ['-c', command, process.execPath, CLI, 'cache', 'clean', '--yes', '--cache', dir];
    const cleaned = spawnSync('sh', args, { cwd: world.project.root, encoding: 'utf8' });
    assert.ok(
      cleaned.status === 0 || FULL.test(cleaned.stderr.trim().split('\n').at(-1) ?? ''),
      cleaned.stderr,
    );
    await assertTrue(dir, VARIANT, RANGE);
    rmSync(dir, { recursive: true });
  });
});
