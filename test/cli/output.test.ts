import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';

import fc from 'fast-check';

import { painter, formatTable } from '../../src/cli/table.js';
import { unwritable, writeAll } from '../../src/cli/write-all.js';
import { visible, visibleLines } from '../../src/present/visible.js';

const dark = { isTTY: true, columns: 80, write: () => undefined };
const builtCli = new URL('../../dist/cli.js', import.meta.url).pathname;

describe('what is written', () => {
  it('is written to its end, however little is taken at a time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.integer({ min: 0, max: 9 })), (text, takes) => {
        const sizes = [...takes];
        const got: Buffer[] = [];
        writeAll(9, text, ((_fd: number, bytes: Buffer, from: number) => {
          const take = sizes.length > 0 ? (sizes.pop() as number) : bytes.length;
          const part = bytes.subarray(from, from + take);
          got.push(Buffer.from(part));
          return part.length;
        }) as typeof import('node:fs').writeSync);
        assert.deepEqual(Buffer.concat(got), Buffer.from(text, 'utf8'));
      }),
    );
  });

  it('is an error in words if there is no room for it', () => {
    assert.throws(
      () =>
        writeAll(9, 'abc', () => {
          throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        }),
      /full/,
    );
    assert.match(
      unwritable(Object.assign(new Error(), { code: 'ENOSPC' })).message,
      /not complete: there is no space left/,
    );
    assert.match(
      unwritable(Object.assign(new Error(), { code: 'EIO' })).message,
      /cannot be written \(EIO\)/,
    );
  });

  // A device of Linux, on which there is never room.
  if (existsSync('/dev/full')) {
    it('ends a command with a sentence and exit code 1 on a full disk', () => {
      const full = openSync('/dev/full', 'w');
      try {
        const { status, stderr } = spawnSync(process.execPath, [builtCli, '--help'], {
          stdio: ['ignore', full, 'pipe'],
          encoding: 'utf8',
        });
        assert.match(stderr, /^error: The output is not complete: there is no space left where it goes/);
        assert.doesNotMatch(stderr, /\n\s+at /);
        assert.equal(status, 1);
      } finally {
        closeSync(full);
      }
    });
  }
});

describe('texts of others', () => {
  const esc = String.fromCharCode(27);

  it('are shown with their control characters written out', () => {
    assert.equal(visible(`a${esc}[31mb\u0007\n\u202ec\ud800`), 'a\\x1b[31mb\\x07\\n\\u202ec\\ud800');
    assert.equal(visibleLines(`a\n${esc}b`), 'a\n\\x1bb');
    assert.equal(visible('naïve 漢字 😀'), 'naïve 漢字 😀');
  });

  it('never bring an escape sequence into a table, painted or not', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.constantFrom(`${esc}[2J`, `${esc}]0;x\u0007`, `${esc}[31mred${esc}[0m`),
          ),
          { minLength: 1, maxLength: 4 },
        ),
        fc.boolean(),
        (cells, painted) => {
          const paint = painter(dark, {});
          const row = painted ? cells.map((cell) => paint('red', cell)) : cells;
          const text = formatTable(
            row.map((_, at) => `c${at}`),
            [row],
            paint,
          );
          const colours = new RegExp(`${esc}\\[(?:0|2|31)m`, 'g');
          assert.equal(text.replace(colours, '').includes(esc), false);
          // eslint-disable-next-line no-control-regex -- what must not be there
          assert.doesNotMatch(text.replaceAll('\n', '').replace(colours, ''), /[\u0000-\u001f\u007f-\u009f]/);
        },
      ),
    );
  });
});
