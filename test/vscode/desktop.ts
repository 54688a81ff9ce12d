// The suites of the extension host in desktop VS Code, which is downloaded: `npm run test:desktop`. The oldest supported
// release and the newest; `npm run test:desktop -- 1.100.0` runs one.
import {
  runTests,
  downloadAndUnzipVSCode,
  resolveCliArgsFromVSCodeExecutablePath,
} from '@vscode/test-electron';
import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../scripts/packaging/tarballs.js';
import { packedExtension } from './harness/extension.js';
import { buildHostSuites } from './harness/host-suites.js';
import { root } from './harness/paths.js';

async function testOn(version: string, vsix: string, suites: string): Promise<void> {
  const vscodeExecutablePath = await downloadAndUnzipVSCode(version);
  const scratch = await mkdtemp(join(tmpdir(), 'seamless-desktop-'));
  const folders = [
    `--extensions-dir=${join(scratch, 'extensions')}`,
    `--user-data-dir=${join(scratch, 'profile')}`,
  ];
  const [cli = vscodeExecutablePath, ...args] = resolveCliArgsFromVSCodeExecutablePath(vscodeExecutablePath, {
    reuseMachineInstall: true,
  });
  await run(cli, [...args, ...folders, '--install-extension', vsix, '--force'], root);
  const folder = join(scratch, 'project');
  await cp(join(root, 'media/sample'), folder, { recursive: true });
  await runTests({
    vscodeExecutablePath,
    extensionDevelopmentPath: suites,
    extensionTestsPath: join(suites, 'index.cjs'),
    launchArgs: [folder, ...folders, '--disable-workspace-trust', '--skip-welcome', '--disable-telemetry'],
    // Set in some shells and containers, it would start VS Code as a plain Node.
    extensionTestsEnv: { ELECTRON_RUN_AS_NODE: undefined, NODE_OPTIONS: undefined },
  });
}

const { engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  engines: { vscode: string };
};
const versions =
  process.argv.length > 2 ? process.argv.slice(2) : [engines.vscode.replace('^', ''), 'stable'];
const vsix = await packedExtension();
const suites = await buildHostSuites();
for (const version of versions) await testOn(version, vsix, suites);
