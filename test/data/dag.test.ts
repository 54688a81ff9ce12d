// Slow (55 s): a real editor.
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chunksOf } from '../support/project.js';
import { DagView } from '../vscode/harness/dag.js';
import { Editor } from '../vscode/harness/editor.js';

const DATA = resolve(import.meta.dirname, '../../../shared/data/btcusdt-1m.csv');

/** A chunk of `effort` is soon stored, and the next one takes long: so a run can be cancelled in between on any machine. */
const STRATEGY = `import { csvHistory, Node, sma, Strategy, StreamInput } from 'seamless-dag';

const SLOW_FROM = Date.UTC(2023, 2, 5, 12) / 1000;
const SLOW_TO = SLOW_FROM + 20 * 3600;

export class Crossing extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['BTC', 'price'], interval: '1m', historyProvider: csvHistory('data/btcusdt-1m.csv') });
    const fast = sma({ name: 'fast', input: price, column: 'close', period: 20 });
    const slow = sma({ name: 'slow', input: price, column: 'close', period: 60 });
    const side = new Node({
      name: 'side',
      input: [fast, slow],
      period: 1,
      computeFn: (view) => (view.latest(fast) > view.latest(slow) ? 'long' : 'flat'),
    });
    const effort = new Node({
      name: 'effort',
      input: price,
      period: 30,
      computeFn: (view) => {
        const closes = view.window(price).column('close');
        const rounds = view.asOf > SLOW_FROM && view.asOf <= SLOW_TO ? 3_000_000 : 100;
        let sum = 0;
        for (let round = 0; round < rounds; round++) sum += Math.sqrt(closes[round % closes.length]!);
        return sum;
      },
    });
    this.addNodes([side, effort]);
  }
}
`;

describe('the DAG panel over three weeks of minutes', function () {
  let folder: string;
  let editor: Editor;
  const dag = (): DagView => new DagView(editor);
  chunksOf(4096);

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), 'seamless-data-'));
    await mkdir(join(folder, 'data'));
    await cp(DATA, join(folder, 'data/btcusdt-1m.csv'));
    await writeFile(join(folder, 'package.json'), '{ "name": "crossing", "type": "module" }');
    await writeFile(join(folder, 'crossing.ts'), STRATEGY);
    editor = await Editor.open({ project: folder });
    await editor.resize(1700, 900);
  });
  after(async () => {
    await editor.close();
    await rm(folder, { recursive: true, force: true });
  });

  const edit = async (from: string, to: string): Promise<void> => {
    const file = join(editor.folder, 'crossing.ts');
    const text = await readFile(file, 'utf8');
    assert.ok(text.includes(from), from);
    await writeFile(file, text.replace(from, to));
  };

  it('fills while it runs, and is cancelled with what was stored kept', async () => {
    await editor.openFile('crossing.ts');
    await editor.lens(/^DAG$/).click();
    await dag().box('effort', 'not materialized').waitFor();
    await dag()
      .text(/^2023-03-22$/)
      .first()
      .waitFor();
    await dag().button('Materialize').click();
    await dag().ranges('effort', 'covered').first().waitFor();
    await dag().button('Cancel').click();
    await dag().box('effort', 'partial').waitFor();
  });

  it('runs a range that was dragged, then what is missing', async () => {
    await dag().drag(0.7, 0.9);
    await dag()
      .text(/^Chosen: 2023-03-1/)
      .waitFor();
    await dag().button('Materialize').click();
    await dag().ranges('effort', 'covered').nth(1).waitFor();
    assert.deepEqual(await dag().violations(), []);
    await dag().frame.locator('.axis').focus();
    await editor.page.keyboard.press('Escape');
    await dag().button('Materialize Missing or Failed').click();
    await dag().box('effort', 'fresh').waitFor();
    await dag().box('side', '30,1').waitFor();
  });

  it('draws candles of the prices, and steps of the words', async () => {
    await dag().box('BTC.price').click();
    await dag().details.getByText('30,240 rows, minimum and maximum per pixel').waitFor();
    await editor.picture('data-candles');
    await dag().tab('Table').click();
    await dag().text('Rows 1 to 100 of 30,240').waitFor();
    await dag().tab('Chart').click();
    await dag().box('side').click();
    await dag().details.getByRole('heading', { name: 'side' }).waitFor();
    await editor.picture('data-steps');
    assert.deepEqual(await dag().violations(), []);
  });

  it('shows an edit as stale, and what it changed', async () => {
    await edit(
      "name: 'fast', input: price, column: 'close', period: 20",
      "name: 'fast', input: price, column: 'close', period: 10",
    );
    await dag().box('fast', 'changed').waitFor();
    await dag().box('side', 'may be stale').waitFor();
    await dag().box('effort', 'fresh').waitFor();
    await dag().button('Materialize').click();
    await dag().box('side', 'fresh').waitFor();
    await dag().box('fast').click();
    await dag().tab('Before and After').click();
    await dag()
      .text(/[\d,]+ of 30,\d+ bars differ\./)
      .waitFor();
    await editor.picture('data-before-after');
  });

  it('comes back after a reload as it was left', async () => {
    const loaded = editor.page.waitForEvent('load');
    await editor.command('Developer: Reload Window');
    await loaded;
    await editor.shown();
    await dag().box('side', 'fresh').waitFor();
    await dag().details.getByRole('heading', { name: 'fast' }).waitFor();
  });
});
