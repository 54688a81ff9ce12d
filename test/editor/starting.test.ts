import assert from 'node:assert/strict';

import type * as RunProgress from '../../src/editor/model/run-progress.js';
import type { Strategies, StrategyEntry } from '../../src/editor/model/strategies.js';
import type { RunProgress as Progress } from '../../src/engine/run/reporting/report.js';
import { forgetHolder, noteHolder, openStore } from '../../src/store/store.js';
import { Child, CSV_HEADER, csvLines, minute, Project, states } from '../support/project.js';
import { loadEditor } from './support/load.js';

const STRATEGY = `
import { csvHistory, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    this.addNodes([
      new StreamInput({ name: 'price', tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') }),
    ]);
  }
}
`;

/** What a run that has nothing to show yet says: that it starts, or for whom it waits. */
describe('a run that has not begun', () => {
  let editor: { readonly view: typeof RunProgress };
  let child: Child;
  let project: Project;
  before(async () => {
    editor = await loadEditor<{ view: typeof RunProgress }>({ view: 'model/run-progress.ts' });
    child = new Child();
  });
  after(() => child.end());
  beforeEach(() => {
    project = new Project({ 'main.ts': STRATEGY, 'bars.csv': CSV_HEADER + csvLines(0, 60) });
  });
  afterEach(() => project.remove());

  /** A view, and what it has the others show. */
  const viewOf = (waitsFor: string | null) => {
    const told: string[] = [];
    const listeners = new Set<() => void>();
    const strategies = {
      running: (_: string, text: { what: string } | null) => {
        told.push(text?.what ?? '');
        for (const listener of listeners) listener();
      },
    } as unknown as Strategies;
    const entry = { key: 'k', name: 'Main' } as StrategyEntry;
    const view = new editor.view.RunProgressView(strategies, entry, new AbortController(), { waitsFor });
    /** Resolves once that is the last word, which is told with those before it left out. */
    const last = (what: string): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (told.at(-1) === what) resolve();
        };
        listeners.add(look);
        look();
      });
    return { view, told, last };
  };

  it('says that it starts', () => {
    const { view, told } = viewOf(null);
    view.end();
    assert.deepEqual(told, ['starting']);
  });

  it('says for what of this window it waits, and that it starts once its turn has come', async () => {
    const { view, told, last } = viewOf('looking at Other');
    view.begin();
    await last('starting');
    view.end();
    assert.deepEqual(told, ['waiting for its turn, after looking at Other', 'starting']);
  });

  it('says which process has the cache, for what, and goes on when that is done', async () => {
    const held = await openStore({ dir: project.path('.seamless') });
    noteHolder(held.file, 'materializing Other');
    const expected = `Another process (PID ${process.pid}, materializing Other) is using the cache in ${project.path('.seamless')}: waiting until it is done.`;
    const { view, told, last } = viewOf(null);
    const onProgress = (progress: Progress): void => view.update(progress);
    const run = child.materialize(project, { start: minute(0), end: minute(60), onProgress });
    await last(expected);
    assert.equal(told[0], 'starting');
    forgetHolder(held.file);
    await held.close();
    assert.deepEqual(states(await run), { price: 'computed' });
    view.end();
  });
});
