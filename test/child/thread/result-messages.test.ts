import assert from 'node:assert/strict';
import fc from 'fast-check';
import { safeParse } from 'valibot';

import {
  eachResult,
  ResultPacker,
  sentResults,
  type SentResults,
} from '../../../src/child/thread/result-messages.js';
import type { ComputeResult } from '../../../src/engine/ports/host.js';
import { cases } from '../../support/profile.js';
import { anyTable } from './tables.js';

const failure = { code: 'compute', message: 'Node a failed.', asOf: 60, location: null };

const result: fc.Arbitrary<ComputeResult> = fc
  .record({
    table: anyTable([0, 1, 1, 2, 7, 256, 257, 300]),
    failed: fc.constantFrom(false, false, false, true),
    scans: fc.constantFrom(false, false, false, true),
  })
  .map(({ table, failed, scans }) => ({
    table,
    failure: failed ? failure : null,
    ...(scans && { state: Uint8Array.of(1, 2, 3) }),
  }));

const bits = (values: Float64Array): Uint8Array => Uint8Array.from(Buffer.from(values.slice().buffer));

/** With numbers as their bytes, wherever they lie. */
function plain({ table, ...rest }: ComputeResult): unknown {
  const columns = table.columns.map(({ type, values, valid }) => ({
    type,
    values: values instanceof Float64Array ? bits(values) : Array.from<unknown>(values),
    valid: valid && Array.from(valid),
  }));
  return {
    ...rest,
    table: { ...table, ts: bits(table.ts), columns, present: table.present && Array.from(table.present) },
  };
}

describe('results as they cross', () => {
  it('come out as they were, each once, however they are put together', () => {
    fc.assert(
      fc.property(fc.array(result, { maxLength: 40 }), fc.nat(8), (all, every) => {
        const sent: SentResults[] = [];
        const packer = new ResultPacker((results) => sent.push(structuredClone(results)));
        all.forEach((each, at) => {
          packer.add(at, each);
          if (every > 0 && at % every === 0) packer.flush();
        });
        packer.flush();
        const came = new Map<number, ComputeResult>();
        for (const results of sent) {
          assert.ok(safeParse(sentResults, results).success);
          eachResult(results, (at, each) => {
            assert.ok(!came.has(at));
            came.set(at, each);
          });
        }
        assert.equal(came.size, all.length);
        all.forEach((each, at) => assert.deepEqual(plain(came.get(at) as ComputeResult), plain(each)));
      }),
      cases(300, 100),
    );
  });

  it('are sent once they are many, or long', () => {
    const sent: number[] = [];
    const packer = new ResultPacker(({ numbers, others }) =>
      sent.push(others.length + numbers.reduce((sum, { nodes }) => sum + nodes.length, 0)),
    );
    const rows = (count: number): ComputeResult => ({
      table: {
        shape: 'value',
        ts: new Float64Array(count),
        names: ['value'],
        columns: [{ type: 'number', values: new Float64Array(count), valid: null }],
        present: null,
      },
      failure: null,
    });
    for (let at = 0; at < 300; at++) packer.add(at, rows(1));
    packer.add(300, rows(1000));
    packer.add(301, rows(70_000));
    packer.add(302, rows(1));
    packer.flush();
    assert.deepEqual(sent, [256, 46, 1]);
  });

  it('that are not what they should be are refused', () => {
    const [table] = fc.sample(anyTable([3]), 1);
    assert.ok(table);
    const broken = {
      numbers: [],
      others: [[0, { table: { ...table, ts: new Float64Array(1) }, failure: null }]],
    };
    assert.ok(!safeParse(sentResults, broken).success);
    assert.ok(!safeParse(sentResults, { numbers: [], others: [[-1, { table, failure: null }]] }).success);
  });
});
