// Writes the licences of everything the build bundled, from what esbuild says it took in.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders of the packages among the inputs of a build: `node_modules/name` or `node_modules/@scope/name`. */
export function packageFolders(inputs) {
  const folders = inputs.flatMap((path) => {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
    return match ? [match[1]] : [];
  });
  return [...new Set(folders)].sort();
}

async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? (await readFile(join(folder, file), 'utf8')).trim() : `Licence: ${license}`;
  return { title: `${name} ${version} (${license})`, text };
}

export async function writeLicences(metafiles, path) {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const licences = await Promise.all(packageFolders(inputs).map(licenceOf));
  const parts = licences.map(({ title, text }) => `${title}\n${'-'.repeat(title.length)}\n\n${text}\n`);
  await writeFile(path, `What is bundled into this package, and under which licence.\n\n${parts.join('\n')}`);
}
