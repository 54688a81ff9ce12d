// A child that answers by what the strategy's file is named, to test the parent's side with.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

// Tests that count processes are told of each.
if (process.env.FAKE_CHILDREN) appendFileSync(process.env.FAKE_CHILDREN, `${process.pid}\n`);

const cancelled = new Map();
const send = (message) => process.send(message);
const failure = {
  code: 'cycle',
  message: 'A cycle.',
  node: 'a',
  asOf: 60,
  location: null,
  path: null,
  name: 'SeamlessError',
};

const behaviours = {
  echo: ({ id, payload }) => {
    send({ type: 'result', id, value: { strategy: payload.strategy.projectRoot, nodes: [] } });
  },
  progress: async ({ id }) => {
    for (const done of [0, 1, 2]) {
      send({ type: 'progress', id, progress: { phase: 'computing', node: 'fast', done, total: 2 } });
      await sleep(1);
    }
    send({ type: 'result', id, value: { strategy: 'done', nodes: [] } });
  },
  error: ({ id }) => send({ type: 'error', id, error: { ...failure, stack: null } }),
  violation: ({ id }) => {
    const error = { ...failure, name: 'ComputeOnlyViolation', code: 'compute-only', stack: null };
    send({ type: 'error', id, error });
  },
  wrong: ({ id }) => send({ type: 'result', id, value: { strategy: 'wrong' } }),
  garbage: () => send({ type: 'nonsense' }),
  exit: () => process.exit(7),
  throw: () => {
    setImmediate(() => {
      throw new TypeError('nothing here');
    });
  },
  abort: () => process.abort(),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  interrupt: () => process.kill(process.pid, 'SIGINT'),
  silent: () => undefined,
  hang: ({ id }) => {
    send({ type: 'progress', id, progress: { phase: 'computing', node: 'loop', done: 0, total: 1 } });
    setImmediate(() => {
      for (;;);
    });
  },
  slow: ({ id }) => {
    send({ type: 'progress', id, progress: { phase: 'computing', node: 'slow', done: 0, total: 1 } });
    cancelled.set(id, () =>
      send({ type: 'error', id, error: { ...failure, code: 'cancelled', message: 'Stopped.', stack: null } }),
    );
  },
  print: async ({ id }) => {
    process.stdout.write('from stdout\n');
    process.stderr.write('from stderr\n');
    send({ type: 'log', level: 'info', text: 'from Seamless' });
    await sleep(50);
    send({ type: 'result', id, value: { strategy: 'printed', nodes: [] } });
  },
  surroundings: ({ id }) => {
    const { TZ, NODE_OPTIONS = 'none' } = process.env;
    send({
      type: 'result',
      id,
      value: { strategy: `${TZ} ${NODE_OPTIONS} ${process.execArgv.slice(0, 3).join(' ')}`, nodes: [] },
    });
  },
  disconnect: () => process.disconnect(),
};

/** Tables come in one size, but for a strategy named after another number of rows. */
function read({ id, payload }) {
  if (payload.node === 'absent') {
    send({
      type: 'error',
      id,
      error: { ...failure, code: 'not-found', message: 'No such node.', stack: null },
    });
    return;
  }
  if (payload.node === 'exit') process.exit(7);
  const rows = Number(payload.strategy);
  const ts = Float64Array.from({ length: rows }, (_, index) => index * 60);
  const values = ts.map((time) => time / 2);
  const columns = [{ type: 'number', values, valid: null }];
  send({ type: 'result', id, value: { shape: 'value', ts, names: ['value'], columns, present: null } });
}

/** Rows in a pack that is gone, so that they are asked for. */
function places({ id }) {
  const layout = { ts: [1, 0, 0, 8, ''], from: 0, columns: [], exact: {}, present: [], state: null };
  const schema = { shape: 'value', names: [], types: [] };
  const segment = { start: 0, end: 60, rows: 1, digest: '', schema, pack: 'gone', layout };
  send({ type: 'result', id, value: { folder: '.', parts: [{ start: 0, end: 60, segment }] } });
}

/** A report whose one node repeats the request. */
function materialize({ id, payload }) {
  if (payload.strategy.className === 'Fail') {
    send({ type: 'error', id, error: { ...failure, stack: null } });
    return;
  }
  send({ type: 'progress', id, progress: { phase: 'storing', node: null, done: 1, total: 1 } });
  const range = [payload.start, payload.end];
  const counts = {
    hits: 0,
    reused: 0,
    computed: 1,
    partial: 0,
    failed: 0,
    blocked: 0,
    stale: 0,
    elapsedMs: 1,
  };
  const ranges = {
    coverage: [range],
    computedRanges: [range],
    reusedRanges: [],
    unavailable: [],
    notYet: [],
    unfired: null,
  };
  const rest = {
    kind: 'node',
    label: 'node',
    state: 'computed',
    interval: 60,
    columns: ['value'],
    ...ranges,
    reason: JSON.stringify(payload),
    failure: null,
  };
  const nodes = { rests: [rest], at: [0], columns: { name: ['fast'], symbol: [undefined], rows: [1] } };
  const value = { strategy: 'Fake', range, coverageBounds: range, nodeCount: 1, ...counts, nodes };
  send({ type: 'result', id, value });
}

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  if (message.type === 'cancel') cancelled.get(message.id)?.();
  else if (message.kind === 'read') read(message);
  else if (message.kind === 'places') places(message);
  else if (message.kind === 'materialize') materialize(message);
  else void behaviours[message.payload.strategy.file](message);
});
send({ type: 'ready' });
