import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CacheReport } from '../../src/protocol/results.js';
import { run, type Asked, type Ran, type World } from './support.js';

const MOMENTUM =
  "import { Strategy } from 'seamless-dag';\nexport class Momentum extends Strategy { setup() {} }\n";

describe('commands for what is stored', () => {
  let cwd = '';
  before(async () => {
    cwd = await realpath(await mkdtemp(join(tmpdir(), 'seamless-cli-')));
    await mkdir(join(cwd, 'src'));
    await writeFile(join(cwd, 'package.json'), '{}');
    await writeFile(join(cwd, 'src', 'momentum.ts'), MOMENTUM);
  });
  after(() => rm(cwd, { recursive: true }));
  const at = (args: readonly string[], world: World = {}): Promise<Ran> => run(args, { cwd, ...world });

  describe('export', () => {
    const others = [{ node: 'slow', version: 'earlier' }];
    const answer = ({ payload }: Asked) => ({ path: (payload as { path: string }).path, rows: 1440, others });

    it('names what the cache holds, the file and its format', async () => {
      const { exitCode, out, err, asked } = await at(
        ['export', 'src/momentum.ts', 'fast', 'slow', '--out', 'o.CSV', '--end', '60'],
        { answer },
      );
      assert.deepStrictEqual(asked, [
        {
          kind: 'export',
          payload: {
            projectRoot: cwd,
            cacheDir: join(cwd, '.seamless'),
            strategy: 'src/momentum.ts#Momentum',
            judge: { file: join(cwd, 'src', 'momentum.ts'), className: null, projectRoot: cwd },
            nodes: ['fast', 'slow'],
            end: 60,
            format: 'csv',
            path: join(cwd, 'o.CSV'),
          },
        },
      ]);
      assert.deepStrictEqual([exitCode, out], [0, '1,440 rows written to o.CSV\n']);
      assert.match(err, /^slow: rows of an earlier version, from before the change$/m);
    });

    it('finds what the cache remembers although its file is gone', async () => {
      const { asked } = await at(['export', 'Removed', '--out', 'o', '--format', 'parquet', '--json'], {
        answer,
      });
      const { strategy: name, projectRoot, format } = asked[0]?.payload as Record<string, unknown>;
      assert.deepStrictEqual([name, projectRoot, format], ['Removed', cwd, 'parquet']);
    });
  });

  describe('cache', () => {
    const holds: CacheReport = {
      file: '/c/cache.duckdb',
      bytes: 2_000_000,
      strategies: [
        {
          strategy: 'Momentum',
          rows: 1440,
          bytes: 12_000,
          nodes: [{ name: 'fast', rows: 1440, bytes: 12_000, pinned: false }],
        },
      ],
      freed: 0,
      packs: { count: 2, bytes: 1_000_000, liveBytes: 765_432 },
      cleanable: { bytes: 0, strategies: [] },
    };

    it('shows what it holds, from anywhere in the project', async () => {
      const { out, asked } = await at(['cache'], { answer: () => holds, cwd: join(cwd, 'src') });
      assert.deepStrictEqual(asked[0]?.payload, {
        projectRoot: cwd,
        cacheDir: join(cwd, '.seamless'),
        action: 'show',
        strategy: undefined,
      });
      assert.strictEqual(
        out,
        `strategy  node   rows   size
Momentum        1,440  12 kB
          fast  1,440  12 kB

2.0 MB in /c/cache.duckdb
2 packs of 1.0 MB, 76 % in use
`,
      );
      assert.deepStrictEqual(JSON.parse((await at(['cache', '--json'], { answer: () => holds })).out), holds);
    });

    it('is cleared of one strategy or all', async () => {
      const empty: CacheReport = { ...holds, strategies: [], freed: 1_500_000 };
      const { out, asked } = await at(['cache', 'clear', 'Momentum'], { answer: () => empty });
      assert.strictEqual((asked[0]?.payload as { strategy: string }).strategy, 'Momentum');
      assert.strictEqual(out, '1.5 MB freed; 2.0 MB in /c/cache.duckdb\n');
      const none: CacheReport = {
        file: null,
        bytes: 0,
        strategies: [],
        freed: 0,
        packs: { count: 0, bytes: 0, liveBytes: 0 },
        cleanable: holds.cleanable,
      };
      assert.strictEqual((await at(['cache'], { answer: () => none })).out, 'there is no cache yet\n');
    });

    it('is cleaned up only when confirmed, within limits', async () => {
      const much: CacheReport = { ...holds, cleanable: { bytes: 700_000, strategies: ['Old'] } };
      const limits = ['--max-size', '1.5 GB', '--max-age', '30'];
      const dry = await at(['cache', 'clean', ...limits], { answer: () => much });
      const asked = dry.asked[0]?.payload as Record<string, unknown>;
      assert.deepStrictEqual(
        [asked['action'], asked['limits'], asked['dryRun']],
        ['clean', { maxBytes: 1.5e9, maxAgeDays: 30 }, true],
      );
      assert.match(
        dry.out,
        /^a clean-up would free about 700 kB, with all rows of Old; run it with --yes\n2\.0 MB in/,
      );
      assert.match(
        (await at(['cache'], { answer: () => much })).out,
        /would free about 700 kB.*: seamless cache clean\n$/,
      );

      const done = await at(['cache', 'clean', '--yes'], { answer: () => ({ ...holds, freed: 700_000 }) });
      assert.deepStrictEqual(Object.keys(done.asked[0]?.payload as object).sort(), [
        'action',
        'cacheDir',
        'projectRoot',
        'strategy',
      ]);
      assert.strictEqual(done.out, '700 kB freed; 2.0 MB in /c/cache.duckdb\n');
      for (const wrong of [['--max-size', 'big'], ['--max-age', '-1'], ['Momentum']]) {
        const refusal = await at(['cache', 'clean', ...wrong], { answer: () => much });
        assert.deepStrictEqual([refusal.exitCode, refusal.asked], [2, []]);
        assert.match(refusal.err, /is not a size|is not an age|covers the whole cache/);
      }
    });
  });
});
