import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DagView } from '../../harness/dag.js';
import { useEditor } from '../../harness/editor.js';
import { becomes } from '../../harness/patience.js';

const head = `import { demoHistory, Node, Strategy, StreamInput } from 'seamless-dag';
const price = new StreamInput({ tags: ['DEMO'], interval: '1d', historyProvider: demoHistory({ seed: 7 }) });
`;

const strategies = {
  'circle.ts': `${head}
export class Circle extends Strategy {
  setup() {
    const chicken: Node = new Node({ name: 'chicken', input: price, interval: '1d', period: 1, computeFn: () => 1 });
    const egg = new Node({ name: 'egg', input: chicken, interval: '1d', period: 1, computeFn: () => 1 });
    (chicken as unknown as { inputs: unknown[] }).inputs.push(egg);
    this.addNodes([egg]);
  }
}
`,
  'broken.ts': `${head}
export class Broken extends Strategy {
  setup() {
    throw new Error('No such market.');
  }
}
`,
  'nothing.ts': `${head}
export class Nothing extends Strategy {
  setup() {}
}
`,
  'single.ts': `${head}
export class Single extends Strategy {
  setup() {
    this.addNodes([price]);
  }
}
`,
};

describe('the DAG panel of a strategy', () => {
  const editor = useEditor({
    project: null,
    files: { ...strategies, 'package.json': '{ "name": "states", "type": "module" }' },
  });
  const dag = (): DagView => new DagView(editor());
  const open = async (file: string): Promise<void> => {
    const window = editor();
    await window.command('View: Close All Editors');
    await window.openFile(file);
    await window.clickLens(/^DAG$/);
  };

  it('that has no nodes says what to do', async () => {
    await open('nothing.ts');
    await dag().text('Nothing has no nodes').waitFor();
    await dag()
      .text(/pass them to this\.addNodes/)
      .waitFor();
    assert.deepEqual(await dag().violations(), []);
  });

  it('that is a single stream is shown as it is', async () => {
    await open('single.ts');
    await dag().frame.locator('.node').waitFor();
    await becomes(() => dag().frame.locator('.node').count(), 1);
  });

  it('that cannot be set up says why, and is there once it is mended and tried again', async () => {
    const window = editor();
    await open('broken.ts');
    await dag().text('The strategy could not be loaded').waitFor();
    await dag()
      .text(/No such market\./)
      .waitFor();
    await dag().button('Show Problem').click();
    await window.problems('No such market.', 1);
    await window.command('View: Toggle Panel Visibility');
    await writeFile(join(window.folder, 'broken.ts'), strategies['single.ts'].replace('Single', 'Broken'));
    await dag().frame.locator('.node').waitFor();
  });

  it('that is deleted says so, and comes back with it', async () => {
    const window = editor();
    await open('single.ts');
    await dag().frame.locator('.node').waitFor();
    const file = join(window.folder, 'single.ts');
    await rename(file, `${file}.away`);
    await dag()
      .text('Strategy not found')
      .or(dag().text(/no longer in the workspace/))
      .first()
      .waitFor();
    await rename(`${file}.away`, file);
    await dag().frame.locator('.node').waitFor();
    await dag()
      .text(/no longer in the workspace/)
      .waitFor({ state: 'detached' });
  });

  it('whose nodes depend on each other names the circle', async () => {
    await open('circle.ts');
    await dag().text('The nodes form a cycle').waitFor();
    const chips = await dag().frame.locator('.cycle .chip').allTextContents();
    assert.deepEqual([...new Set(chips)].sort(), ['chicken', 'egg']);
    assert.equal(chips[0], chips.at(-1));
    assert.deepEqual(await dag().violations(), []);
  });
});

describe('the DAG panel in a workspace that is not trusted', () => {
  const editor = useEditor({ trust: true });

  it('says so, and offers to trust it', async () => {
    const window = editor();
    await window.openFile('sp-trend.ts');
    await window.command('Seamless: Show DAG');
    const dag = new DagView(window);
    await dag.text('This workspace is not trusted').waitFor();
    await dag.button('Manage Trust').click();
    await window.page.getByText('Restricted Mode').first().waitFor();
  });
});
