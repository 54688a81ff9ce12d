import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../scripts/packaging/tarballs.js';
import { currentTarget } from '../../../scripts/packaging/targets.js';
import { packedFolder, root, scratchFolder } from './paths.js';
import type { EditorTools } from './tools.js';

/** This platform's packed extension. Throws an Error that says how to make it. */
export async function packedExtension(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const path = join(packedFolder, `seamless-dag-${currentTarget()?.name}-${version}.vsix`);
  if (!existsSync(path)) throw new Error(`${path} is missing. Run: npm run package -- current`);
  return path;
}

/** A folder in which the editor itself has installed the packed extension; again whenever the package changed. */
export async function installedExtension(tools: EditorTools): Promise<string> {
  const path = await packedExtension();
  const digest = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  const folder = join(scratchFolder, 'extensions');
  const stamp = join(scratchFolder, 'extensions.installed');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === digest) return folder;
  await rm(folder, { recursive: true, force: true });
  const profile = join(scratchFolder, 'install-profile');
  const folders = [
    `--extensions-dir=${folder}`,
    `--user-data-dir=${profile}`,
    `--config=${join(profile, 'none.yaml')}`,
  ];
  await run(tools.node, [tools.entry, ...folders, '--install-extension', path, '--force'], root);
  await rm(profile, { recursive: true, force: true });
  await writeFile(stamp, digest);
  return folder;
}
