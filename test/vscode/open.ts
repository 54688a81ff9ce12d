// The editor of the tests, for a person to try: `npm run vscode`, or `npm run vscode -- FOLDER`.
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { installedExtension } from './harness/extension.js';
import { root, scratchFolder } from './harness/paths.js';
import { startServer } from './harness/server.js';
import { editorTools } from './harness/tools.js';

const asked = process.argv[2];
const sample = join(scratchFolder, 'try/sample');
if (asked === undefined && !existsSync(sample))
  await cp(join(root, 'media/sample'), sample, { recursive: true });
const folder = asked === undefined ? sample : resolve(asked);

const tools = await editorTools();
const extensions = await installedExtension(tools);
const server = await startServer(tools, { profile: join(scratchFolder, 'try/profile'), extensions });
console.log(`Open ${server.url}/?folder=${encodeURIComponent(folder)}`);
console.log('Ctrl-C ends it. The sample is a copy and stays as you leave it: .test-tmp/try');

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void server.stop().then(() => process.exit(0));
  });
}
