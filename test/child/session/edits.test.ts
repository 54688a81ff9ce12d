// Slow (15 s): runs in a child process.
import assert from 'node:assert/strict';

import {
  calls,
  Child,
  CSV_HEADER,
  csvLines,
  minute,
  nodeOf,
  Project,
  states,
  type Files,
  type Ran,
} from '../../support/project.js';

const MAIN = `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
import { called } from './lib/called';
import { direction } from './lib/direction';

export class Main extends Strategy {
  period = 4;

  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const span = new Node({
      name: 'span',
      input: price,
      computeFn: (view) => {
        called('span', view);
        const closes = view.window(price).column('close');
        const low = Math.min(...closes);
        return Math.max(...closes) - low;
      },
    });
    const sign = new Node({
      name: 'sign',
      input: price,
      computeFn: (view) => {
        called('sign', view);
        return direction(view.window(price).column('close'));
      },
    });
    const moves = [2, 3].map((n) => new Node({
      name: 'move' + n,
      input: price,
      computeFn: (view) => {
        called('move' + n, view);
        const closes = view.window(price, n).column('close');
        return closes[n - 1] - closes[0];
      },
    }));
    const wide = new Node({
      name: 'wide',
      input: span,
      period: 1,
      computeFn: (view) => {
        called('wide', view);
        return view.latest(span) > 4;
      },
    });
    const signal = new Node({
      name: 'signal',
      input: [wide, sign],
      period: 1,
      computeFn: (view) => {
        called('signal', view);
        return view.latest(wide) ? view.latest(sign) : 0;
      },
    });
    this.addNodes([...moves, signal]);
  }
}
`;

const PROJECT: Files = {
  'main.ts': MAIN,
  'lib/direction.ts': `
import { slope } from './deep/slope';
export const direction = (values: Float64Array): number => Math.sign(slope(values));
`,
  'lib/deep/slope.ts': `
/** Last minus first. */
export function slope(values: Float64Array): number {
  return values[values.length - 1] - values[0];
}
export function unused(): number {
  return 1;
}
`,
  'bars.csv': CSV_HEADER + csvLines(0, 300),
};

const NODES = ['span', 'sign', 'move2', 'move3', 'wide', 'signal'];

/** An edit of the project above, with the nodes whose state it changes from 'hit'. */
interface Edit {
  readonly what: string;
  readonly file: string;
  readonly from: string | RegExp;
  readonly to: string;
  readonly computed: readonly string[];
  readonly reused?: readonly string[];
}

const EDITS: readonly Edit[] = [
  {
    what: 'one node: it and its dependents, nothing else',
    file: 'main.ts',
    from: 'view.latest(span) > 4',
    to: 'view.latest(span) > 5',
    computed: ['wide', 'signal'],
  },
  {
    what: 'a node at the top, whose values differ',
    file: 'main.ts',
    from: 'Math.max(...closes) - low',
    to: '2 * (Math.max(...closes) - low)',
    computed: ['span', 'wide', 'signal'],
  },
  {
    what: 'a node at the top that gives the same values: its dependents are reused, without a call',
    file: 'main.ts',
    from: 'Math.max(...closes) - low',
    to: 'Math.max(...Array.from(closes)) - low',
    computed: ['span'],
    reused: ['wide', 'signal'],
  },
  {
    what: 'a node in the middle whose own values stay the same: those below it are reused',
    file: 'main.ts',
    from: 'view.latest(span) > 4',
    to: 'view.latest(span) > 4.000001',
    computed: ['wide'],
    reused: ['signal'],
  },
  {
    what: 'a comment',
    file: 'main.ts',
    from: 'const low =',
    to: '// The least of them.\n        const low =',
    computed: [],
  },
  { what: 'the layout', file: 'main.ts', from: /\n\s+/g, to: '\n', computed: [] },
  { what: 'the name of a local', file: 'main.ts', from: /\blow\b/g, to: 'least', computed: [] },
  { what: 'the name of a parameter', file: 'main.ts', from: /\bview\b/g, to: 'seen', computed: [] },
  {
    what: 'a helper two files away: the nodes that use it',
    file: 'lib/deep/slope.ts',
    from: 'values[values.length - 1] - values[0]',
    to: 'values[values.length - 1] - values[2]',
    computed: ['sign', 'signal'],
  },
  {
    what: 'a function nobody uses',
    file: 'lib/deep/slope.ts',
    from: 'return 1',
    to: 'return 2',
    computed: [],
  },
  {
    what: 'a captured value of one of the nodes made in a loop',
    file: 'main.ts',
    from: '[2, 3].map',
    to: '[2, 4].map',
    computed: ['move4'],
  },
  {
    what: 'the period of a node, and with it what it looks back to',
    file: 'main.ts',
    from: "name: 'sign',\n      input: price,",
    to: "name: 'sign',\n      input: price,\n      period: 3,",
    computed: ['sign', 'signal'],
  },
  {
    what: 'the source of the stream, to another file with the same rows: all are reused',
    file: 'main.ts',
    from: "csvHistory('bars.csv')",
    to: "csvHistory('same.csv')",
    computed: [],
    reused: NODES,
  },
];

describe('what an edit recomputes', () => {
  let project: Project;
  let child: Child;
  const fresh = async (): Promise<void> => {
    project = new Project({ ...PROJECT, 'same.csv': PROJECT['bars.csv'] ?? '' });
    await run();
  };
  before(() => {
    child = new Child();
  });
  after(() => child.end());

  const run = (): Promise<Ran> => child.run(project, { start: minute(50), end: minute(250) });

  /** Makes an edit. */
  function apply({ file, from, to, what }: Omit<Edit, 'computed'>): void {
    const before = PROJECT[file] ?? '';
    const after = before.replace(from, to);
    assert.notEqual(after, before, `The edit of ${what} finds nothing to replace.`);
    project.write({ [file]: after });
  }

  function assertStates(ran: Ran, computed: readonly string[], reused: readonly string[] = []): void {
    const found = states(ran.report);
    const names = Object.keys(found).filter((name) => name !== 'price');
    const expected = names.map((name) => [
      name,
      computed.includes(name) ? 'computed' : reused.includes(name) ? 'reused' : 'hit',
    ]);
    assert.deepEqual(
      Object.fromEntries(names.map((name) => [name, found[name]])),
      Object.fromEntries(expected),
    );
    assert.deepEqual(Object.keys(calls(ran.lines)).sort(), [...computed].sort());
    for (const name of reused) {
      assert.deepEqual(nodeOf(ran.report, name).reusedRanges, [ran.report.range]);
    }
  }

  // One project: each edit ends with the code as it was, and everything there.
  describe('of one project, and all is there again when it is undone', () => {
    before(fresh);
    after(() => project.remove());

    for (const edit of EDITS) {
      it(edit.what, async () => {
        apply(edit);
        const after = await run();
        assertStates(after, edit.computed, edit.reused);
        assert.deepEqual(after.report.coverageBounds, [minute(50), minute(250)]);
        // Changed back, everything is still there.
        project.write(PROJECT);
        assertStates(await run(), []);
      });
    }
  });

  describe('of a project that was not edited before', () => {
    beforeEach(fresh);
    afterEach(() => project.remove());

    it('says why in words', async () => {
      apply({ ...(EDITS[0] as Edit) });
      const { report } = await run();
      const why = '`computeFn` in main.ts changed: `view.latest(span) > 4` → `view.latest(span) > 5`';
      assert.equal(nodeOf(report, 'wide').reason, `Its ${why}.`);
      assert.equal(nodeOf(report, 'signal').reason, `Input \`wide\` changed upstream (its ${why}).`);
      assert.match(nodeOf(report, 'span').reason, /^Everything was in the cache\.$/);
    });

    it('nodes made in a loop differ by what they captured, and give different rows', async () => {
      const { columns: two } = await child.read(project, 'Main', 'move2');
      const { columns: three } = await child.read(project, 'Main', 'move3');
      assert.notDeepEqual(two[0]?.values, three[0]?.values);
    });

    it('an edit and its undoing within a wider range leave nothing stale', async () => {
      apply(EDITS[1] as Edit);
      await child.run(project, { start: minute(100), end: minute(150) });
      project.write(PROJECT);
      const { report, lines } = await child.run(project, { start: minute(40), end: minute(260) });
      for (const name of ['span', 'wide']) {
        assert.deepEqual(nodeOf(report, name).computedRanges, [
          [minute(40), minute(50)],
          [minute(250), minute(260)],
        ]);
      }
      assert.equal(calls(lines)['signal'], 20);
    });
  });
});
