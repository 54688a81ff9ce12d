// The pictures of the README, taken by the tests in the real editor: `npm run pictures`.
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { picturesFolder, root } from '../test/vscode/harness/paths.js';
import { run } from './packaging/tarballs.js';

/** What is shown, by name in the README. */
const SHOWN: Readonly<Record<string, string>> = {
  'dag.png': 'dark/dag.png',
  'before-after.png': 'light/dag-before-after.png',
  'editor.png': 'dark/stale.png',
  'universe.png': 'dark/dag-universe.png',
  'results.png': 'dark/results.png',
};

// In all themes.
process.env['SEAMLESS_PROFILE'] = 'nightly';
const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
for (const suite of ['pictures', 'results'])
  await run(process.execPath, [mocha, `test/vscode/workbench/panel/${suite}.test.ts`], root);
const target = join(root, 'media/pictures');
await mkdir(target, { recursive: true });
for (const [name, picture] of Object.entries(SHOWN)) {
  await copyFile(join(picturesFolder, picture), join(target, name));
}
console.log(
  `${Object.keys(SHOWN).length} pictures are in media/pictures; all of them in .test-tmp/pictures.`,
);
