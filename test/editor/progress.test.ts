import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type * as CacheCommands from '../../src/editor/commands/cache-commands.js';
import type * as DebugCommand from '../../src/editor/commands/debug-command.js';
import type * as InProgress from '../../src/editor/commands/in-progress.js';
import type * as TrustCommands from '../../src/editor/commands/trust-commands.js';
import type { StrategyEntry } from '../../src/editor/model/strategies.js';
import type { Workbench } from '../../src/editor/workbench.js';
import { freshnessOf } from '../../src/present/freshness.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { openStore } from '../../src/store/store.js';
import { nodeStatus, statusReport } from '../present/statuses.js';
import { CSV_HEADER, csvLines, minute, Project, withChild } from '../support/project.js';
import { loadEditor } from './support/load.js';
import type { FakeVscode, ShownProgress } from './support/vscode.js';

interface Loaded {
  readonly progress: typeof InProgress;
  readonly cache: typeof CacheCommands;
  readonly trust: typeof TrustCommands;
  readonly debug: typeof DebugCommand;
}

const STRATEGY = `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const fast = new Node({ name: 'fast', input: price, period: 3, computeFn: (view) => view.latest(price).close });
    this.addNodes([price, fast]);
  }
}
`;

/** A request that nobody answers, until it is cancelled. */
function unanswered(): { readonly kinds: string[]; readonly request: Workbench['jobs']['request'] } {
  const kinds: string[] = [];
  const request = (kind: string, _payload: unknown, options: { signal?: AbortSignal } = {}) => {
    kinds.push(kind);
    return new Promise((_, reject) => {
      options.signal?.addEventListener('abort', () => reject(new SeamlessError('cancelled', 'Cancelled.')));
    });
  };
  return { kinds, request: request as Workbench['jobs']['request'] };
}

/** What is asked for in the palette shows a notification at once, which says what is going on and ends it when asked to. */
describe('work that a person waits for', () => {
  let editor: Loaded & { readonly vscode: FakeVscode };
  let project: Project;
  before(async () => {
    editor = await loadEditor<Loaded>({
      progress: 'commands/in-progress.ts',
      cache: 'commands/cache-commands.ts',
      trust: 'commands/trust-commands.ts',
      debug: 'commands/debug-command.ts',
    });
    project = new Project({ 'main.ts': STRATEGY, 'bars.csv': CSV_HEADER + csvLines(0, 60) });
    await withChild((child) => child.materialize(project, { start: minute(0), end: minute(60) }));
  });
  after(() => project.remove());

  const entryOf = (): StrategyEntry => {
    const status = statusReport({ ...nodeStatus('fast', 'fresh'), rows: 10 });
    const ref = project.strategy('main.ts', 'Main');
    const freshness = freshnessOf(status, null);
    return {
      key: 'k',
      name: 'Main',
      ref,
      freshness,
      found: { className: 'Main' },
    } as unknown as StrategyEntry;
  };
  const workbench = (jobs: Partial<Workbench['jobs']> = {}): Workbench => {
    const log = {
      info: () => undefined,
      error: () => undefined,
      warn: () => undefined,
      debug: () => undefined,
    };
    const extensionPath = join(dirname(fileURLToPath(import.meta.url)), '../..');
    return {
      jobs,
      log,
      context: { extensionPath, subscriptions: [] },
      discovery: { cursorPlace: () => Promise.resolve(null) },
      strategies: { get: () => entryOf() },
    } as unknown as Workbench;
  };
  const titled = (title: string) => (shown: ShownProgress) => shown.title === title;

  it('is shown in words, and its signal is that of Cancel', async () => {
    const { progress, vscode } = editor;
    let aborted = false;
    const over = progress.inProgress('Working', ({ signal, onProgress }) => {
      signal.addEventListener('abort', () => (aborted = true));
      onProgress({ phase: 'computing', node: 'fast', done: 34, total: 100 });
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve('over')));
    });
    const shown = await vscode.progress(titled('Working'));
    assert.equal(shown.cancellable, true);
    assert.deepEqual(shown.messages, ['computing fast 34 %']);
    assert.equal(aborted, false);
    shown.cancel();
    assert.equal(await over, 'over');
    await shown.gone;
  });

  const COMMANDS: Readonly<Record<string, (workbench: Workbench) => Promise<void>>> = {
    'Exporting fast': (at) => editor.cache.exportNode(at, entryOf(), { key: 'k', node: 'fast' }),
    'Explaining fast': (at) => editor.trust.explainNode(at, entryOf(), { key: 'k', node: 'fast' }),
    'Looking for a bar of fast': (at) =>
      editor.debug.debugNodeAtBar(at, entryOf(), { key: 'k', node: 'fast' }),
  };
  for (const [title, run] of Object.entries(COMMANDS)) {
    it(`ends with Cancel: ${title}`, async () => {
      editor.vscode.saveAs = project.path('out.csv');
      const jobs = unanswered();
      const over = run(workbench({ request: jobs.request }));
      const shown = await editor.vscode.progress(titled(title));
      assert.equal(shown.cancellable, true);
      assert.equal(jobs.kinds.length, 1);
      shown.cancel();
      await assert.rejects(over, { code: 'cancelled' });
      await shown.gone;
    });
  }

  /** Both have a child of their own: what they wait for is a cache that this process holds. */
  it('ends with Cancel, and its process with it: verifying, and preparing to debug', async () => {
    const held = await openStore({ dir: project.path('.seamless') });
    try {
      const verified = editor.trust.verifyStrategy(workbench(), entryOf());
      const verifying = await editor.vscode.progress(
        (shown) =>
          titled('Verifying Main')(shown) &&
          shown.messages.some((text) => text.includes('is using the cache in')),
      );
      verifying.cancel();
      await assert.rejects(verified, { code: 'cancelled' });

      const at = { key: 'k', node: 'fast', bar: minute(30) };
      const debugged = editor.debug.debugNodeAtBar(workbench(), entryOf(), at);
      const preparing = await editor.vscode.progress(titled('Seamless: preparing the inputs of fast…'));
      assert.equal(preparing.cancellable, true);
      preparing.cancel();
      // It was a person who ended it: there is nothing to tell.
      await debugged;
      assert.deepEqual(editor.vscode.said, []);
    } finally {
      await held.close();
    }
  });
});
