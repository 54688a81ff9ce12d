import assert from 'node:assert/strict';

import { shownRows, shownRowsText } from '../../src/present/shown-rows.js';

describe('which rows are shown', () => {
  it('is shown unless they are the current ones', () => {
    const said = (judged: boolean, standing: Parameters<typeof shownRows>[1]): string =>
      shownRowsText(shownRows(judged, standing));
    for (const standing of ['fresh', 'partial', 'failed', 'blocked'] as const)
      assert.equal(said(true, standing), '');
    assert.equal(said(true, 'maybe-stale'), 'rows from before the change');
    assert.equal(said(false, 'changed'), 'rows of an earlier version, from before the change');
    assert.equal(said(false, 'uncached'), 'rows of the last run, which may have used other code');
  });
});
