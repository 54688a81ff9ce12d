// Slow (25 s): a load of a strategy for every case.
import assert from 'node:assert/strict';

import { runStrategy, type Computed, type Outcome, type ToldError } from './run.js';

/** A strategy whose nodes are these functions of a view, as text. */
function strategyOf(nodes: Readonly<Record<string, string>>, head = '', setup = ''): string {
  const made = Object.entries(nodes).map(
    ([name, computeFn]) => `new Node({ name: '${name}', input: price, period: 1, computeFn: ${computeFn} })`,
  );
  return `import { Node, Strategy, StreamInput, demoHistory } from 'seamless-dag';
${head}
export class Subject extends Strategy {
  setup() {
    ${setup}
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: demoHistory() });
    this.addNodes([${made.join(',\n')}]);
  }
}`;
}

function computed(outcome: Outcome, node: string): Computed {
  assert.equal(outcome.loadError, null, outcome.loadError?.message);
  const found = outcome.computed.find((each) => each.node === node);
  assert.ok(found, `no node ${node}`);
  return found;
}

function valuesOf(outcome: Outcome, node: string): readonly unknown[] {
  const { values, thrown, violation } = computed(outcome, node);
  assert.deepEqual([thrown, violation], [null, null]);
  return values;
}

const MINUTES = [60, 120, 180, 240];
const DRAWS = '() => [Math.random(), Math.random(), Math.random()]';

describe('compute-only context: clock and random numbers of a computeFn', () => {
  let whole: Outcome;
  let pieces: Outcome;
  let partial: Outcome;
  const strategy = strategyOf(
    {
      now: '() => [Date.now(), new Date().getTime(), Date.parse(Date()), +new Intl.DateTimeFormat("en", { second: "numeric" }).format()]',
      kinds:
        '() => [before instanceof Date, new Date() instanceof before.constructor, Object.prototype.toString.call(new Date()), Date.UTC(1970, 0, 2), new Date(5).getTime(), new Date(2020, 0).toISOString(), class extends Date {}.name, Date.length]',
      offset: '() => [new Date().getTimezoneOffset(), new Date().toString(), new Date().toLocaleString()]',
      draws: DRAWS,
      others: DRAWS,
      // Draws at some bars only: what one bar draws must not show in the next.
      sometimes: '(view) => (view.asOf % 120 === 0 ? Math.random() : null)',
    },
    'const before = new Date();',
  );

  before(async () => {
    [whole, pieces, partial] = await Promise.all([
      runStrategy(strategy, { chunks: [MINUTES] }),
      runStrategy(strategy, { chunks: [[60], [120, 180], [240]] }),
      runStrategy(strategy, { chunks: [[180, 240]] }),
    ]);
  });

  it('takes the close of the bar for the present', () => {
    assert.deepEqual(valuesOf(whole, 'now')[1], [120_000, 120_000, 120_000, 0]);
  });

  it('leaves dates what they are', () => {
    const kinds = [true, true, '[object Date]', 86_400_000, 5, '2020-01-01T00:00:00.000Z', '', 7];
    assert.deepEqual(valuesOf(whole, 'kinds')[0], kinds);
  });

  it('is in UTC and speaks one language', () => {
    const texts = [
      0,
      'Thu Jan 01 1970 00:01:00 GMT+0000 (Coordinated Universal Time)',
      '1/1/1970, 12:01:00 AM',
    ];
    assert.deepEqual(valuesOf(whole, 'offset')[0], texts);
  });

  it('draws the same numbers at a bar, however the history is cut, in any process', () => {
    assert.deepEqual(valuesOf(pieces, 'draws'), valuesOf(whole, 'draws'));
    assert.deepEqual(valuesOf(partial, 'draws'), valuesOf(whole, 'draws').slice(2));
    assert.deepEqual(valuesOf(pieces, 'sometimes'), valuesOf(whole, 'sometimes'));
  });

  it('draws other numbers at other bars and in other nodes, all within [0, 1)', () => {
    const draws = [...valuesOf(whole, 'draws'), ...valuesOf(whole, 'others')].flat() as number[];
    assert.equal(new Set(draws).size, draws.length);
    assert.ok(draws.every((draw) => draw >= 0 && draw < 1));
  });

  it('has neither without a single bar, as in the column form', async () => {
    const strategies = { date: '() => Date.now()', random: '() => Math.random()' };
    const outcome = await runStrategy(strategyOf(strategies), { chunks: [[NaN]] });
    assert.match(
      computed(outcome, 'date').thrown?.message ?? '',
      /^Node date used Date\.now at strategy\.ts:7:/,
    );
    assert.match(
      computed(outcome, 'random').thrown?.message ?? '',
      /^Node random used Math\.random at strategy\.ts:8:/,
    );
    assert.equal(computed(outcome, 'date').thrown?.asOf, null);
  });
});

describe('compute-only context: what is reported', () => {
  it('tells of a violation that a computeFn caught', async () => {
    const caught = '() => { try { return process.env.HOME ? 1 : 2; } catch { return 0; } }';
    const outcome = await runStrategy(strategyOf({ sly: caught, good: '() => 7' }));
    const { thrown, violation } = computed(outcome, 'sly');
    assert.equal(thrown, null);
    assert.deepEqual(
      [violation?.code, violation?.node, violation?.asOf, violation?.location?.line],
      ['compute-only', 'sly', 60, 7],
    );
    assert.deepEqual(valuesOf(outcome, 'good'), [7]);
  });

  it('refuses a strategy that caught a violation while it was loaded or set up', async () => {
    const caught = "try { fetch('http://127.0.0.1'); } catch {}";
    const [top, setup] = await Promise.all([
      runStrategy(strategyOf({}, caught)),
      runStrategy(strategyOf({}, '', caught)),
    ]);
    assert.match(top.loadError?.message ?? '', /^The top level of the module used fetch at strategy\.ts:2:/);
    assert.match(setup.loadError?.message ?? '', /^setup\(\) used fetch at strategy\.ts:5:/);
    assert.deepEqual([top.loadError?.code, setup.loadError?.code], ['compute-only', 'compute-only']);
  });

  it('names the line in the file that reached out, and says what to do instead', async () => {
    const outcome = await runStrategy(strategyOf({ slow: '() => performance.now()' }));
    const message =
      'Node slow used performance.now at strategy.ts:7:99, which is refused: what it gives is hidden from the cache. Use view.asOf or Date.now(), which is the close of the bar.';
    assert.equal(computed(outcome, 'slow').thrown?.message, message);
  });

  const left = {
    'an error in a timer': "setTimeout(() => { throw new Error('late'); }, 1);",
    'an error in a promise': "void Promise.resolve().then(() => { throw new Error('late'); });",
  };
  for (const [what, text] of Object.entries(left)) {
    it(`tells of ${what} left behind, with its line`, async () => {
      const outcome = await runStrategy(strategyOf({ on: '() => 1' }, '', text));
      assert.deepEqual(valuesOf(outcome, 'on'), [1]);
      assert.deepEqual(
        outcome.strays.map(({ message, location }) => [message, location?.line]),
        [['late', 5]],
      );
    });
  }

  const violations = {
    'in a timer': 'setTimeout(() => process.exit(0), 1);',
    'in a promise': 'void Promise.resolve().then(() => process.exit(0));',
    'in a promise that swallows it': 'void Promise.resolve().then(() => process.exit(0)).catch(() => {});',
    'in an async function': 'void (async () => { await null; process.exit(0); })();',
  };
  for (const [what, text] of Object.entries(violations)) {
    it(`tells once of a violation ${what} left behind`, async () => {
      const { strays } = await runStrategy(strategyOf({}, '', text));
      assert.deepEqual(
        strays.map(({ code, location }) => [code, location?.line]),
        [['compute-only', 5]],
      );
      assert.match(
        strays[0]?.message ?? '',
        /^A timer or promise left behind by setup\(\) used process\.exit /,
      );
    });
  }

  it('counts a top-level await as part of the top level', async () => {
    const head =
      "import { readFile } from 'node:fs/promises'; const text = await new Promise((done) => setTimeout(done, 2)).then(() => readFile(__filename, 'utf8'));";
    assert.deepEqual(valuesOf(await runStrategy(strategyOf({ on: '() => text.length > 0' }, head)), 'on'), [
      true,
    ]);
  });

  it('knows user code that is called by an emitter older than the guards', async () => {
    const text = "process.on('warning', () => process.exit(0)); process.emitWarning('now');";
    const { strays } = await runStrategy(strategyOf({}, '', text));
    assert.deepEqual(
      strays.map(({ code, location }) => [code, location?.line]),
      [['compute-only', 5]],
    );
  });
});

describe('compute-only context: what stays possible in a computeFn', () => {
  it('prints, formats stacks, hashes and formats text', async () => {
    const nodes = {
      prints: "() => { console.log({ a: [1] }, new Date()); console.error('x'); return 1; }",
      stacks: "() => String(new Error('x').stack).includes('strategy.ts')",
      hashes: "() => createHash('sha256').update('x').digest('hex').length",
      joins: "() => join('a', 'b')",
      formats: "() => new Intl.NumberFormat('en').format(1234.5)",
    };
    const outcome = await runStrategy(
      strategyOf(nodes, "import { createHash } from 'crypto'; import { join } from 'path';"),
    );
    const values = Object.keys(nodes).map((node) => valuesOf(outcome, node)[0]);
    assert.deepEqual(values, [1, true, 64, 'a/b', '1,234.5']);
  });

  it('prints, and printed objects may not read the environment, whatever file their code claims', async () => {
    const INSPECT = "Symbol.for('nodejs.util.inspect.custom')";
    const named = '`return String(process.env.HOME);\n//# sourceURL=node:internal/util/colors`';
    const nodes = {
      inspected: `() => { console.log({ [${INSPECT}]: () => String(process.env.HOME) }); return 1; }`,
      written: `() => { console.log('%s', { toString: () => String(process.env.HOME) }); return 1; }`,
      evaluated: `() => { console.log({ [${INSPECT}]: new Function('return String(process.env.HOME)') }); return 1; }`,
      named: `() => { console.log({ [${INSPECT}]: new Function(${named}) }); return 1; }`,
    };
    const outcome = await runStrategy(strategyOf(nodes));
    for (const node of Object.keys(nodes)) {
      assert.match(computed(outcome, node).violation?.message ?? '', /used process\.env/, node);
    }
  });
});

describe('compute-only context: the fetch of a provider', () => {
  const head = `
    import { readFileSync } from 'node:fs';
    import { createServer } from 'node:net';
    const listen = () => new Promise((done) => {
      const server = createServer().listen(0, () => server.close(() => done('listened')));
    });
    const stream = (name: string, fetch: any) =>
      new StreamInput({ name, tags: [], interval: '1m', historyProvider: { kind: 'own', options: {}, fetch } });`;
  const setup = `this.addNodes([
    stream('file', () => [readFileSync(__filename, 'utf8').length > 0]),
    stream('network', listen),
    stream('later', async () => { await null; return [Boolean(process.env.PATH), await listen()]; }),
    stream('clock', () => [Date.now() > 1e12, performance.now() > 0]),
    stream('exit', () => process.exit(0)),
  ]);`;

  it('reaches files, network and clock, but not the process', async () => {
    const outcome = await runStrategy(strategyOf({ next: '() => 1' }, head, setup));
    const { provided } = outcome;
    assert.deepEqual(valuesOf(outcome, 'next'), [1]);
    const { exit, ...others } = provided as Record<string, ToldError>;
    const expected = { file: [true], network: 'listened', later: [true, 'listened'], clock: [true, true] };
    assert.deepEqual(others, expected);
    assert.match(exit?.message ?? '', /^A historyProvider used process\.exit at strategy\.ts:/);
  });
});
