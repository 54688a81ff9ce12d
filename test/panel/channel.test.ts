import assert from 'node:assert/strict';
import { hostEnd, PageEnd, PanelRequestError, type PanelHandlers } from '../../src/panel/channel.js';
import { dagProtocol, type HostToPage, type PageToHost } from '../../src/panel/messages.js';
import { parseToPage } from '../../src/panel/protocol.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { panelState } from './states.js';

const handlers: PanelHandlers = {
  materialize: ({ start, end, only }) => ({ summary: `${start} ${end} ${only ?? 'all'}` }),
  cancel: () => undefined,
  setRange: () => undefined,
  readNode: ({ node }) => {
    throw new SeamlessError('not-found', `There is no node ${node}.`);
  },
  rows: () => ({ judged: true, total: 0, from: 0, table: panelTable() }),
  source: () => ({ lines: [] }),
  reveal: () => Promise.reject(new TypeError('undefined is not a function')),
  exportNode: () => undefined,
  keepSplit: () => undefined,
  copy: () => undefined,
  saveFile: () => ({ saved: false }),
  showProblem: () => undefined,
  retry: () => undefined,
  log: () => undefined,
};

function panelTable() {
  const values = Float64Array.of(1, NaN, Infinity);
  return {
    shape: 'value' as const,
    ts: Float64Array.of(0, 60, 120),
    names: ['value'],
    columns: [{ type: 'number' as const, values, valid: null }],
    present: null,
  };
}

const parseHostMessage = (raw: unknown): HostToPage => parseToPage(dagProtocol, raw);

/** Both ends, joined by structured clones as in VS Code. */
function joined() {
  const faults: unknown[] = [];
  const sent: HostToPage[] = [];
  let readies = 0;
  const page = new PageEnd(dagProtocol, (message: PageToHost) => void take(structuredClone(message)));
  const take = hostEnd(dagProtocol, {
    handlers,
    post: (message) => {
      sent.push(message);
      const parsed = parseHostMessage(structuredClone(message));
      if (parsed.type === 'ok' || parsed.type === 'err') page.settle(parsed);
    },
    onReady: () => (readies += 1),
    onFault: (error) => faults.push(error),
  });
  return { page, take, faults, sent, readies: () => readies };
}

describe('the channel of the DAG panel', () => {
  it('hears that the page is ready, each time', () => {
    const { page, readies } = joined();
    page.ready();
    page.ready();
    assert.equal(readies(), 2);
  });

  it('answers each request to whom asked', async () => {
    const { page } = joined();
    const [first, second] = await Promise.all([
      page.request('materialize', { start: 0, end: 60 }),
      page.request('materialize', { start: 60, end: 120, only: 'missing' }),
    ]);
    assert.deepEqual([first.summary, second.summary], ['0 60 all', '60 120 missing']);
  });

  it('answers by the sentence of an error that was foreseen', async () => {
    const { page, faults } = joined();
    const asked = page.request('readNode', { node: 'fast', start: 0, end: 60, maxPoints: 100 });
    await assert.rejects(
      asked,
      new PanelRequestError({ code: 'not-found', message: 'There is no node fast.' }),
    );
    assert.deepEqual(faults, []);
  });

  it('answers unforeseen errors, and logs them', async () => {
    const { page, faults } = joined();
    await assert.rejects(
      page.request('reveal', { node: 'fast' }),
      /inside Seamless: undefined is not a function/,
    );
    assert.ok(faults[0] instanceof TypeError);
  });

  it('answers a request it cannot read', async () => {
    const { take, sent, faults } = joined();
    await take({ type: 'request', id: 7, kind: 'explode', payload: {} });
    await take({ type: 'request', id: 8, kind: 'reveal', payload: { node: 3 } });
    assert.deepEqual(
      sent.map((message) => ({ type: message.type, id: 'id' in message && message.id })),
      [
        { type: 'err', id: 7 },
        { type: 'err', id: 8 },
      ],
    );
    assert.equal(faults.length, 2);
  });

  it('confirms a request that has no answer', async () => {
    const { page, sent } = joined();
    assert.equal(await page.request('cancel', {}), null);
    assert.deepEqual(sent, [{ type: 'ok', id: 1, value: null }]);
  });

  it('carries numbers that JSON has no words for in typed arrays', async () => {
    const { page } = joined();
    const { table } = await page.request('rows', { node: 'fast', start: 0, end: 180, from: 0, count: 3 });
    assert.deepEqual(table.columns[0]?.values, Float64Array.of(1, NaN, Infinity));
  });

  it('takes a state as it was sent, and refuses one with a part missing', () => {
    const state = panelState();
    assert.deepEqual(parseHostMessage({ type: 'state', state }), { type: 'state', state });
    const { strategy: _, ...rest } = state;
    assert.throws(() => parseHostMessage({ type: 'state', state: rest }), /malformed at state\.strategy/);
    const [node] = state.nodes ?? [];
    const odd = { ...state, nodes: [{ ...node, standing: 'wobbly' }] };
    assert.throws(
      () => parseHostMessage({ type: 'state', state: odd }),
      /malformed at state\.nodes\.0\.standing/,
    );
  });
});
