import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const types = join(import.meta.dirname, '../../dist/types');

/** What a declaration file and all it imports take from elsewhere: names of packages, `node:` modules left out. */
async function packagesOf(file: string, seen = new Set<string>()): Promise<Set<string>> {
  const found = new Set<string>();
  if (seen.has(file)) return found;
  seen.add(file);
  const text = await readFile(file, 'utf8');
  for (const [, specifier = ''] of text.matchAll(/(?:\bfrom |\bimport\()'([^']+)'/g)) {
    if (specifier.startsWith('node:')) continue;
    if (!specifier.startsWith('.')) found.add(specifier);
    else {
      const next = join(dirname(file), specifier.replace(/\.js$/, '.d.ts'));
      for (const name of await packagesOf(next, seen)) found.add(name);
    }
  }
  return found;
}

describe('the declarations of the package', () => {
  // A strategy's project has the package's dependencies, and not what is built into it.
  it('name no package that a project does not get with it', async () => {
    const { dependencies } = JSON.parse(await readFile(join(types, '../../package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const named = await packagesOf(join(types, 'index.d.ts'));
    assert.deepEqual(
      [...named].filter((name) => !(name in dependencies)),
      [],
    );
  });

  it('name such a package', async () => {
    assert.ok((await packagesOf(join(types, 'live/world/schema.d.ts'))).has('valibot'));
  });
});
