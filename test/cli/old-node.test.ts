import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse, type ImportDeclaration } from 'acorn';
import { needsNewerNode } from '../../src/protocol/node-version.js';

describe('a Node that is too old', () => {
  it('is told which one is needed', () => {
    for (const old of ['12.22.0', '18.20.8', '20.11.1']) {
      assert.equal(
        needsNewerNode(old),
        `Seamless needs Node 20.12 or later, and this is Node ${old}. Install a newer one from https://nodejs.org.`,
      );
    }
    for (const fine of ['20.12.0', '20.20.2', '21.0.0', '24.1.0', '22.0.0-nightly']) {
      assert.equal(needsNewerNode(fine), null);
    }
  });

  it('can read the command line as far as that is said', () => {
    const start = new URL('../../dist/cli.js', import.meta.url);
    const files = [start];
    for (const file of files) {
      // As Node 12 reads it, the first one that knows modules.
      const { body } = parse(readFileSync(file, 'utf8'), {
        ecmaVersion: 2020,
        sourceType: 'module',
        allowHashBang: true,
      });
      const imports = body.filter((each): each is ImportDeclaration => each.type === 'ImportDeclaration');
      for (const { source } of imports) {
        const name = String(source.value);
        if (name.startsWith('.')) files.push(new URL(name, file));
        else assert.equal(name, 'node:module');
      }
    }
    assert.ok(files.length > 1);
  });
});
