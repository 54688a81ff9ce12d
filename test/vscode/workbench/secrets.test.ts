import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Exchange, klines } from '../../support/exchange/exchange.js';
import { useEditor } from '../harness/editor.js';

const FIRST = Date.parse('2023-03-01T00:00:00Z') / 1000;

describe('a secret of a source', () => {
  const editor = useEditor();
  let exchange: Exchange;
  before(async () => {
    exchange = await Exchange.open(klines(FIRST, 200));
  });
  after(() => exchange.close());

  it('is asked for by its name, kept by VS Code, and given to sources alone', async () => {
    const window = editor();
    const text = `import { httpHistory, sma, Strategy, StreamInput } from 'seamless-dag';

export class Keyed extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: httpHistory({
      url: '${exchange.url}', headers: { 'x-api-key': '{env.EXCHANGE_KEY}' }, since: ${FIRST} }) });
    this.addNodes([sma({ name: 'mean', input: price, column: 'close', period: 5 })]);
  }
}
`;
    await writeFile(join(window.folder, 'keyed.ts'), text);
    await window.openFile('keyed.ts');
    await window.command('Seamless: Set Secret…');
    // The box of the command is there for a moment longer.
    await window.quickMessage('The name that a source has for it').waitFor();
    await window.typeInQuickInput('EXCHANGE_KEY');
    await window.acceptQuickInput();
    await window.quickMessage('secret storage').waitFor();
    await window.typeInQuickInput('very-secret');
    await window.acceptQuickInput();
    await window.notification('EXCHANGE_KEY is set').waitFor();
    await window.materializeAll();
    await window.lens('2/2 fresh').waitFor();
    assert.ok(exchange.asked.length > 0);
    assert.ok(exchange.asked.every(({ headers }) => headers['x-api-key'] === 'very-secret'));
  });
});
