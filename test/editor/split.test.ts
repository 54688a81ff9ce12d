import assert from 'node:assert/strict';

import { keepSplit, keptSplit } from '../../src/editor/panel/split.js';
import type * as DagRequests from '../../src/editor/panel/dag-requests.js';
import { loadEditor } from './support/load.js';

/** What VS Code keeps for an extension, as JSON. */
function memory(): Parameters<typeof keptSplit>[0] & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  const get = (key: string): unknown => {
    const text = kept.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  };
  return {
    kept,
    keys: () => [...kept.keys()],
    get: get,
    update: (key: string, value: unknown) => {
      kept.set(key, JSON.stringify(value));
      return Promise.resolve();
    },
  };
}

describe('the sizes of the details', () => {
  it('are as they come until a person chose some, and whatever else was kept under that name', async () => {
    const store = memory();
    assert.deepEqual(keptSplit(store), { beside: null, below: null });
    await keepSplit(store, { beside: 412, below: null });
    for (const other of [null, 7, { beside: 'wide', below: 1 }, { beside: 10 }]) {
      for (const key of store.kept.keys()) await store.update(key, other);
      assert.deepEqual(keptSplit(store), { beside: null, below: null });
    }
  });

  it('are kept by the host when the page says so, and there for the next panel', async () => {
    const { requests } = await loadEditor<{ requests: typeof DagRequests }>({
      requests: 'panel/dag-requests.ts',
    });
    const globalState = memory();
    const services = {
      workbench: { context: { globalState } },
      key: () => 'k',
      keepRange: () => undefined,
      isVisible: () => true,
      setRange: () => Promise.resolve(),
    };
    const handlers = requests.panelHandlers(
      services as unknown as Parameters<typeof requests.panelHandlers>[0],
    );
    await handlers.keepSplit({ beside: 412, below: null });
    assert.deepEqual(keptSplit(globalState), { beside: 412, below: null });
    await handlers.keepSplit({ beside: 412, below: 300 });
    assert.deepEqual(keptSplit(globalState), { beside: 412, below: 300 });
  });
});
