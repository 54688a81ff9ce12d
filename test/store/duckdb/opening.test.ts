// Slow (20 s): processes that share a cache.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { querySql } from '../../../src/store/query/query.js';
import { openStore, type LockHolder } from '../../../src/store/store.js';
import {
  checkpoint,
  EMPTY_COMMIT,
  inFolder,
  numbers,
  query,
  segment,
  unexpected,
  valueTable,
} from '../support.js';
import { BOUND_BY_PERMISSIONS } from '../../support/permissions.js';

const CHILD = fileURLToPath(new URL('../child.ts', import.meta.url));
const TABLE = valueTable([0, 60], numbers([1, 2]));

function startChild(mode: string, dir: string, before: readonly string[] = []): ChildProcess {
  const [program, ...args] = [...before, process.execPath, '--import', 'tsx', CHILD, mode, dir];
  return spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  child.once('close', () => ended.abort());
  const [message] = (await once(child, 'message', { signal: ended.signal })) as [unknown];
  return message;
}

/** A cache with one segment, closed, its log brought into the file. */
async function makeCache(dir: string): Promise<string> {
  const store = await openStore({ dir });
  await store.commit({ ...EMPTY_COMMIT, segments: [segment('a', 0, 120, TABLE)] });
  await store.close();
  await checkpoint(store.file);
  return store.file;
}

describe('store: opening', () => {
  it('makes the folder, with a .gitignore of its own, and the file', async () => {
    await inFolder(async (dir) => {
      const nested = join(dir, 'deep', '.seamless');
      const store = await openStore({ dir: nested });
      assert.equal(readFileSync(join(nested, '.gitignore'), 'utf8'), '*\n');
      assert.ok(store.file.endsWith(join('deep', '.seamless', 'cache.duckdb')));
      await store.close();
      await store.close();
      await assert.rejects(store.coverage(['a']), { code: 'cache', message: /closed/ });
      assert.deepEqual(readdirSync(nested).sort(), ['.gitignore', 'cache.duckdb']);
    });
  });

  it('removes the drafts of processes that were killed long ago', async () => {
    await inFolder(async (dir) => {
      const [old, young] = ['cache.duckdb.new-1-1', 'cache.duckdb.new-1-2'];
      for (const name of [old, young]) writeFileSync(join(dir, name), '');
      utimesSync(join(dir, old), 1e9, 1e9);
      await (await openStore({ dir })).close();
      assert.deepEqual(readdirSync(dir).sort(), ['.gitignore', 'cache.duckdb', young]);
    });
  });

  it('keeps what was committed when it is closed with work under way', async () => {
    await inFolder(async (dir) => {
      const store = await openStore({ dir });
      const committed = store.commit({ ...EMPTY_COMMIT, segments: [segment('a', 0, 120, TABLE)] });
      await store.close();
      await committed;
      const again = await openStore({ dir });
      assert.equal((await again.coverage(['a'])).get('a')?.length, 1);
      await again.close();
    });
  });

  it('waits in one process for the store opened before, by whatever path', async () => {
    await inFolder(async (dir) => {
      const first = await openStore({ dir });
      const link = `${dir}-link`;
      symlinkSync(dir, link);
      const holders: LockHolder[] = [];
      const second = openStore({ dir: link, onWaiting: (holder) => holders.push(holder) });
      const early = await Promise.race([second.then(() => 'opened'), waitUntil(() => holders.length > 0)]);
      assert.equal(early, 'waited');
      assert.deepEqual([...new Set(holders.map(({ pid }) => pid))], [process.pid]);
      await first.close();
      await (await second).close();
      rmSync(link);
    });
  });

  it('waits while another process has it, naming that process', async () => {
    await inFolder(async (dir) => {
      const child = startChild('hold', dir);
      assert.equal(await nextMessage(child), 'open');
      const holders: LockHolder[] = [];
      const opening = openStore({ dir, onWaiting: (holder) => holders.push(holder) });
      await waitUntil(() => holders.length > 0);
      child.send('let go');
      const store = await opening;
      assert.deepEqual([...new Set(holders.map(({ pid }) => pid))], [child.pid]);
      assert.match(holders[0]?.message ?? '', new RegExp(`PID ${child.pid}.*waiting`));
      await store.close();
    });
  });

  it('gives up waiting when it is cancelled', async () => {
    await inFolder(async (dir) => {
      const child = startChild('hold', dir);
      assert.equal(await nextMessage(child), 'open');
      const cancel = new AbortController();
      const opening = openStore({ dir, signal: cancel.signal, onWaiting: () => cancel.abort() });
      await assert.rejects(opening, { code: 'cancelled' });
      child.kill('SIGKILL');
      await once(child, 'exit');
      await (await openStore({ dir })).close();
    });
  });

  it('survives several processes making it at once', async () => {
    await inFolder(async (dir) => {
      const children = [1, 2, 3].map(() => startChild('try', join(dir, 'new')));
      const answers = await Promise.all(children.map(nextMessage));
      assert.deepEqual(
        answers,
        children.map(() => ({ code: null, message: 'opened' })),
      );
      assert.deepEqual(readdirSync(join(dir, 'new')).sort(), ['.gitignore', 'cache.duckdb']);
    });
  });
});

async function waitUntil(condition: () => boolean): Promise<'waited'> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  return 'waited';
}

describe('store: folders it cannot use', () => {
  const refused = { name: 'SeamlessError', code: 'cache' };

  it('says so of a path below a file, and of a file in its place', async () => {
    await inFolder(async (dir) => {
      writeFileSync(join(dir, 'file'), 'kept');
      for (const path of [join(dir, 'file'), join(dir, 'file', '.seamless')]) {
        const message = /cannot be written.*--cache DIR.*permissions/;
        await assert.rejects(openStore({ dir: path }), { ...refused, message }, path);
      }
      assert.equal(readFileSync(join(dir, 'file'), 'utf8'), 'kept');
    });
  });

  it('says so of a folder in the place of the file', async () => {
    await inFolder(async (dir) => {
      mkdirSync(join(dir, 'cache.duckdb'));
      await assert.rejects(openStore({ dir }), { ...refused, message: /cannot be written/ });
      assert.ok(statSync(join(dir, 'cache.duckdb')).isDirectory());
    });
  });

  it('says so of a folder without permission to write, with and without a cache in it', async () => {
    await inFolder(async (dir) => {
      const full = join(dir, 'full');
      const empty = join(dir, 'empty');
      mkdirSync(empty);
      const file = await makeCache(full);
      const bytes = readFileSync(file);
      chmodSync(dir, 0o755);
      for (const folder of [full, empty]) {
        chmodSync(folder, 0o555);
        const child = startChild('try', folder, BOUND_BY_PERMISSIONS);
        const answer = (await nextMessage(child)) as { code: string; message: string };
        assert.equal(answer.code, 'cache', answer.message);
        assert.ok(answer.message.includes(folder), answer.message);
        assert.match(answer.message, /cannot be written.*permission.*--cache DIR/i);
        chmodSync(folder, 0o755);
      }
      assert.deepEqual(readFileSync(file), bytes);
      assert.deepEqual(readdirSync(empty), []);
    });
  });
});

describe('store: files that are not right', () => {
  it('refuses a cache made by a newer version, and touches nothing', async () => {
    await inFolder(async (dir) => {
      const file = await makeCache(dir);
      await query(file, "UPDATE meta SET value = '1000' WHERE key = 'format'");
      const bytes = readFileSync(file);
      await assert.rejects(openStore({ dir, onMessage: unexpected }), {
        code: 'cache',
        message: /newer version of Seamless: update Seamless, or use another folder/,
      });
      assert.deepEqual(readFileSync(file), bytes);
      assert.deepEqual(readdirSync(dir).sort(), ['.gitignore', 'cache.duckdb', 'packs']);
    });
  });

  it('refuses a newer cache with a log, and leaves the log as it is', async () => {
    await inFolder(async (dir) => {
      const file = await makeCache(dir);
      await query(
        file,
        "PRAGMA disable_checkpoint_on_shutdown; UPDATE meta SET value = '1000' WHERE key = 'format'",
      );
      const [bytes, log] = [readFileSync(file), readFileSync(`${file}.wal`)];
      assert.ok(log.length > 0);
      await assert.rejects(openStore({ dir }), { code: 'cache', message: /newer version/ });
      assert.deepEqual([readFileSync(file), readFileSync(`${file}.wal`)], [bytes, log]);
    });
  });

  it('refuses a database that is somebody else’s', async () => {
    await inFolder(async (dir) => {
      await query(join(dir, 'cache.duckdb'), 'CREATE TABLE mine AS SELECT 42 AS answer');
      await assert.rejects(openStore({ dir, onMessage: unexpected }), {
        code: 'cache',
        message: /not a Seamless cache/,
      });
      assert.deepEqual(await query(join(dir, 'cache.duckdb'), 'SELECT * FROM mine'), [{ answer: 42 }]);
    });
  });

  const damages: Readonly<Record<string, (file: string, bytes: Buffer) => void>> = {
    'that is something else': (file) => writeFileSync(file, 'these are notes, no database\n'.repeat(500)),
    'that is empty': (file) => truncateSync(file, 0),
    'that is cut in half': (file, bytes) => truncateSync(file, bytes.length >> 1),
    'whose headers alone are left': (file) => truncateSync(file, 12_288),
    'that is all zeros': (file, bytes) => writeFileSync(file, Buffer.alloc(bytes.length)),
    'whose blocks were overwritten': (file, bytes) => {
      for (let at = 12_288; at < bytes.length; at += 262_144) bytes.fill(7, at + 100, at + 2000);
      writeFileSync(file, bytes);
    },
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`sets a file aside ${name}, says so, and begins anew`, async () => {
      await inFolder(async (dir) => {
        const file = await makeCache(dir);
        damage(file, readFileSync(file));
        writeFileSync(`${file}.wal`, '');
        const damaged = readFileSync(file);
        const messages: string[] = [];
        const store = await openStore({ dir, onMessage: (text) => messages.push(text) });
        assert.deepEqual([...(await store.coverage(['a']))], [['a', []]]);
        await store.commit({ ...EMPTY_COMMIT, segments: [segment('a', 0, 120, TABLE)] });
        await store.close();
        const aside = readdirSync(dir).filter((entry) => /^cache\.duckdb\.damaged-\d{8}T\d{6}Z$/.test(entry));
        assert.equal(aside.length, 1);
        assert.deepEqual(readFileSync(join(dir, aside[0] ?? '')), damaged);
        // One that DuckDB can still open loses its log, which is empty, before the damage is met.
        if (name !== 'that is cut in half') assert.ok(existsSync(join(dir, `${aside[0]}.wal`)));
        assert.equal(messages.length, 2);
        assert.ok(messages[0]?.includes(aside[0] ?? '?') && messages[0].includes('damaged'), messages[0]);
        assert.match(messages[1] ?? '', /made again from its only pack/);
      });
    });
  }

  it('sets a cache of an earlier format aside, says so, and begins anew', async () => {
    await inFolder(async (dir) => {
      const file = await makeCache(dir);
      await query(file, "UPDATE meta SET value = '6' WHERE key = 'format'");
      const messages: string[] = [];
      const store = await openStore({ dir, onMessage: (text) => messages.push(text) });
      assert.match(
        messages[0] ?? '',
        /was made by an earlier version of Seamless\. It was set aside as cache\.duckdb\.earlier-.*computed again when needed\. Delete that file/,
      );
      assert.deepEqual((await store.coverage(['a'])).get('a'), []);
      await store.close();
      assert.equal(readdirSync(dir).filter((name) => name.startsWith('cache.duckdb.earlier-')).length, 1);
      await (await openStore({ dir, onMessage: unexpected })).close();
    });
  });
});

describe('store: whoever has it open', () => {
  it('is named with what it is at, anew when that is another process, and not after it has gone', async () => {
    await inFolder(async (dir) => {
      const first = startChild('hold', dir);
      assert.equal(await nextMessage(first), 'open');
      const file = join(dir, 'cache.duckdb');
      writeFileSync(`${file}.holder`, JSON.stringify({ pid: first.pid, purpose: 'materializing Momentum' }));
      const messages: string[] = [];
      const opening = openStore({ dir, onWaiting: ({ message }) => messages.push(message) });
      await waitUntil(() => messages.length > 1);
      assert.equal(
        messages[0],
        `Another process (PID ${first.pid}, materializing Momentum) is using the cache in ${dir}: waiting until it is done.`,
      );
      assert.equal(messages[1], messages[0], 'it is told again as long as it lasts');
      first.send('let go');
      const store = await opening;
      const told: string[] = [];
      const second = openStore({ dir, onWaiting: ({ message }) => told.push(message) });
      await waitUntil(() => told.length > 0);
      assert.match(told[0] ?? '', /^This process is using/);
      await store.close();
      await (await second).close();
    });
  });

  it('is named to who asks in SQL as well', async () => {
    await inFolder(async (dir) => {
      const first = startChild('hold', dir);
      assert.equal(await nextMessage(first), 'open');
      const messages: string[] = [];
      const answer = querySql({
        dir,
        sql: 'SELECT 1 AS one',
        projectRoot: dir,
        most: 10,
        onWaiting: ({ message }) => {
          messages.push(message);
          first.send('let go');
        },
      });
      assert.deepEqual((await answer).rows, [[1]]);
      assert.equal(
        messages[0],
        `Another process (PID ${first.pid}) is using the cache in ${dir}: waiting until it is done.`,
      );
    });
  });
});
