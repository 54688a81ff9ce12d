// Slow (6 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Journal } from '../../src/live/journal/journal.js';
import { minute, type Project } from '../support/project.js';
import { eventsOf, MOMENTUM, OHLC_HEADER, ohlcLines, only, project, start } from './support.js';

describe('events of a run', () => {
  let at: Project;
  before(() => {
    at = project({
      'bars.csv': OHLC_HEADER + ohlcLines(0, 600),
      'worlds/paper.yaml': `mode: paper\nfeed: { kind: replay, start: ${minute(300)} }\n`,
    });
  });
  after(() => at.remove());

  it('an allocation says what is to be held, and the order that follows brings it about', async () => {
    const events = await eventsOf(await start(at, { world: 'paper' }));
    let held = 0;
    let wanted = 0;
    for (const event of events) {
      if (event.type === 'fill') held += event.quantity;
      if (event.type === 'allocation') wanted = event.quantity;
      if (event.type === 'order') assert.ok(Math.abs(held + event.quantity - wanted) < 1e-9);
    }
    assert.equal(only(events, 'allocation').length, only(events, 'order').length);
    assert.ok(only(events, 'allocation').length > 5);
    assert.ok(only(events, 'allocation').every(({ equity }) => equity > 0));
  });

  it('an error names the node, which says nothing from there on; the others go on', async () => {
    const failing = `computeFn: (view) => { if (view.asOf >= ${minute(400)}) throw new Error('out of order'); return view.latest(fast); }`;
    at.write({
      'main.ts': MOMENTUM.replace(
        'this.addNodes([price,',
        `const odd = new Node({ name: 'odd', input: fast, period: 1, ${failing} });\n    this.addNodes([odd, price,`,
      ),
    });
    const events = await eventsOf(await start(at, { world: 'paper' }));
    const [error, ...others] = only(events, 'error');
    assert.deepEqual(others, []);
    assert.ok(
      error?.node === 'odd' && /out of order/.test(error.message) && /main\.ts:\d+/.test(error.message),
    );
    assert.equal(error.asOf, minute(400));
    const after = only(events, 'value').filter(({ asOf }) => asOf >= minute(400));
    assert.ok(after.some(({ node }) => node === 'slow') && !after.some(({ node }) => node === 'odd'));
    assert.equal(only(events, 'finished')[0]?.reason, 'completed');
  });

  it('that cannot be written end the run with the way out', () => {
    const folder = mkdtempSync(join(tmpdir(), 'seamless-journal-'));
    try {
      const journal = Journal.create(folder, 'Make room, then resume the run.');
      // As on a disk that is full: the system refuses to write.
      journal.close();
      assert.throws(
        () => journal.append([{ asOf: 0, events: [{ type: 'stale', what: 'feed', seconds: 1 }] }]),
        /^SeamlessError: The run was stopped, because its journal .* cannot be written \(.*\)\. Make room, then resume the run/,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
