import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { RunProgress } from '../../src/engine/run/reporting/report.js';
import { JobClient } from '../../src/client/job-client.js';
import { childEnvironment } from '../../src/client/fork.js';
import type { GraphSummary } from '../../src/protocol/results.js';
import type { LogLine } from '../../src/protocol/messages.js';
import { ComputeOnlyViolation, SeamlessError, type ErrorCode } from '../../src/sdk/errors.js';

const childPath = fileURLToPath(new URL('fake-child.mjs', import.meta.url));

describe('job client', () => {
  const clients: JobClient[] = [];
  const start = (onLog?: (line: LogLine) => void): JobClient => {
    const client = JobClient.start({ childPath, onLog });
    clients.push(client);
    return client;
  };
  const ask = (
    client: JobClient,
    behaviour: string,
    options: { signal?: AbortSignal; onProgress?: (progress: RunProgress) => void } = {},
  ): Promise<GraphSummary> => {
    const strategy = { file: behaviour, className: null, projectRoot: '/p' };
    return client.request('describe', { strategy }, options);
  };
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.dispose()));
  });

  it('asks and is answered, many requests at once', async () => {
    const client = start();
    const answers = await Promise.all([ask(client, 'echo'), ask(client, 'progress'), ask(client, 'echo')]);
    assert.deepStrictEqual(
      answers.map(({ strategy }) => strategy),
      ['/p', 'done', '/p'],
    );
  });

  it('hands progress to whom it belongs', async () => {
    const client = start();
    const seen: number[] = [];
    const others: number[] = [];
    await Promise.all([
      ask(client, 'progress', { onProgress: ({ done }) => seen.push(done) }),
      ask(client, 'echo', { onProgress: ({ done }) => others.push(done) }),
    ]);
    assert.deepStrictEqual([seen, others], [[0, 1, 2], []]);
  });

  it('throws the errors of the child, of their class', async () => {
    const client = start();
    await assert.rejects(ask(client, 'error'), expected('cycle', /^A cycle\.$/));
    await assert.rejects(ask(client, 'violation'), (error) => {
      assert.ok(error instanceof ComputeOnlyViolation);
      assert.deepStrictEqual([error.node, error.asOf], ['a', 60]);
      return true;
    });
    await assert.rejects(ask(client, 'wrong'), expected('internal', /The answer to describe is malformed/));
    assert.ok(client.alive);
  });

  it('carries tables as typed arrays', async () => {
    const payload = { projectRoot: '/p', strategy: '200000', node: 'fast' };
    const table = await start().request('read', payload);
    assert.strictEqual(table.ts.length, 200_000);
    assert.ok(table.ts instanceof Float64Array);
    assert.strictEqual(table.columns[0]?.values[199_999], 199_999 * 30);
  });

  it('tells apart what is printed from what is answered', async () => {
    const lines: LogLine[] = [];
    await ask(
      start((line) => lines.push(line)),
      'print',
    );
    assert.deepStrictEqual(lines.map(({ level, text }) => `${level} ${text}`).sort(), [
      'info from Seamless',
      'info from stdout',
      'warn from stderr',
    ]);
  });

  it('starts the child in UTC, with mapped stacks and none of its own flags', async () => {
    const { strategy } = await ask(start(), 'surroundings');
    assert.strictEqual(strategy, 'UTC none --enable-source-maps');
    const environment = childEnvironment({ PATH: '/bin', NODE_OPTIONS: '--x', ELECTRON_RUN_AS_NODE: '1' });
    const locale = { LC_ALL: 'en_US.UTF-8', LANG: 'en_US.UTF-8' };
    assert.deepStrictEqual(environment, { PATH: '/bin', TZ: 'UTC', ...locale });
  });

  it('limits the memory of the child if asked to, and gives a kept one more for new objects', async () => {
    const client = JobClient.start({ childPath, memoryMb: 300, lasting: true });
    clients.push(client);
    const { strategy } = await ask(client, 'surroundings');
    assert.strictEqual(
      strategy,
      'UTC none --enable-source-maps --max-semi-space-size=64 --max-old-space-size=300',
    );
  });

  const deaths: [behaviour: string, code: ErrorCode, sentence: RegExp][] = [
    ['exit', 'internal', /ended unexpectedly \(exit code 7\)\. Check whether the strategy ends the process/],
    ['throw', 'internal', /exit code 1\)\. Its last output: TypeError: nothing here/],
    ['abort', 'internal', /\(signal SIGABRT\)\. It ran out of memory/],
    ['kill', 'internal', /\(signal SIGKILL\)\. The system kills processes when memory runs out/],
    ['interrupt', 'cancelled', /^Cancelled\./],
    ['garbage', 'internal', /A message of the process that runs strategies is malformed/],
    ['disconnect', 'internal', /ended unexpectedly/],
  ];
  for (const [behaviour, code, sentence] of deaths) {
    it(`rejects all that is pending, and all later, when the child does "${behaviour}"`, async () => {
      const client = start();
      const waiting = ask(client, 'silent');
      const outcomes = await Promise.allSettled([waiting, ask(client, behaviour)]);
      for (const outcome of outcomes) {
        assert.strictEqual(outcome.status, 'rejected');
        assert.ok(expected(code, sentence)(outcome.reason));
      }
      assert.ok(!client.alive);
      await assert.rejects(ask(client, 'echo'), expected(code, sentence));
    });
  }

  it('says what cannot be started', async () => {
    const client = JobClient.start({ childPath: `${childPath}.absent.mjs` });
    clients.push(client);
    await assert.rejects(
      ask(client, 'echo'),
      expected('internal', /Its last output: Error: Cannot find module/),
    );
  });

  it('cancels a run that listens, and keeps the child', async () => {
    const client = start();
    const abort = new AbortController();
    const run = ask(client, 'slow', { signal: abort.signal, onProgress: () => abort.abort() });
    await assert.rejects(run, expected('cancelled', /^Stopped\.$/));
    assert.strictEqual((await ask(client, 'echo')).strategy, '/p');
  });

  it('kills a child that loops', async () => {
    const client = start();
    const abort = new AbortController();
    const other = ask(client, 'silent');
    const run = ask(client, 'hang', { signal: abort.signal, onProgress: () => abort.abort() });
    await assert.rejects(
      run,
      expected('cancelled', /^Cancelled\. What was finished by then is in the cache\.$/),
    );
    await assert.rejects(
      other,
      expected('cancelled', /was stopped, because a cancelled run in it did not end/),
    );
    assert.ok(!client.alive);
    await client.dispose();
    assert.ok(!isRunning(client.pid));
  });

  it('sends nothing that was cancelled before', async () => {
    const client = start();
    await assert.rejects(ask(client, 'exit', { signal: AbortSignal.abort() }), expected('cancelled', /./));
    const abort = new AbortController();
    const early = ask(client, 'exit', { signal: abort.signal });
    abort.abort();
    await assert.rejects(early, expected('cancelled', /./));
    assert.strictEqual((await ask(client, 'echo')).strategy, '/p');
  });

  it('ends the child when disposed of, whatever it does', async () => {
    const [idle, busy] = [start(), start()];
    await ask(idle, 'echo');
    let working = (): void => undefined;
    const atWork = new Promise<void>((resolve) => (working = resolve));
    const run = ask(busy, 'hang', { onProgress: () => working() });
    await atWork;
    await Promise.all([
      idle.dispose(),
      busy.dispose(),
      assert.rejects(run, expected('cancelled', /was ended/)),
    ]);
    assert.deepStrictEqual([isRunning(idle.pid), isRunning(busy.pid)], [false, false]);
    await assert.rejects(ask(idle, 'echo'), expected('cancelled', /was ended/));
  });

  it('leaves no child behind when the parent is killed', async () => {
    const parent = fork(fileURLToPath(new URL('orphaning-parent.ts', import.meta.url)), [childPath]);
    const [pid] = (await once(parent, 'message')) as [number];
    assert.ok(isRunning(pid));
    parent.kill('SIGKILL');
    while (isRunning(pid)) await sleep(10);
    assert.ok(!isRunning(pid));
  });
});

function expected(code: ErrorCode, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SeamlessError);
    assert.match(error.message, message);
    assert.strictEqual(error.code, code);
    return true;
  };
}

function isRunning(pid: number | undefined): boolean {
  assert.ok(pid !== undefined);
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
