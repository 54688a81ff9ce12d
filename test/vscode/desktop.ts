// The suites of the extension host in desktop VS Code, which is downloaded: `npm run test:desktop`. The oldest supported
// release and the newest; `npm run test:desktop -- 1.100.0` runs one.
import { runTests, downloadAndUnzipVSCode, runVSCodeCommand } from '@vscode/test-electron';
import { cp, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packedExtension } from './harness/extension.js';
import { buildHostSuites } from './harness/host-suites.js';
import { root, scratchFolder } from './harness/paths.js';

/** On Windows these programs are started through a shell, which would end an argument at a space. */
const quoted = (path: string): string => (process.platform === 'win32' ? `"${path}"` : path);

/** Set in some shells and containers, they would start VS Code as a plain Node, or with what it must not load. */
const { ELECTRON_RUN_AS_NODE, NODE_OPTIONS, ...env } = process.env;
const unset = { ELECTRON_RUN_AS_NODE: undefined, NODE_OPTIONS: undefined };

async function testOn(version: string, vsix: string, suites: string): Promise<void> {
  const vscodeExecutablePath = await downloadAndUnzipVSCode(version);
  // Short, for sockets lie in it; and by its real name, which is what VS Code makes of a folder it opens.
  const scratch = await mkdtemp(join(await realpath(tmpdir()), 'seamless-'));
  const profile = join(scratch, 'user');
  const folders = [
    `--extensions-dir=${quoted(join(scratch, 'extensions'))}`,
    `--user-data-dir=${quoted(profile)}`,
  ];
  try {
    const install = ['--install-extension', quoted(vsix), '--force', ...folders];
    const { stdout } = await runVSCodeCommand(install, {
      version,
      reuseMachineInstall: true,
      spawn: { env },
    });
    console.log(stdout);
    const folder = join(scratch, 'project');
    await cp(join(root, 'media/sample'), folder, { recursive: true });
    await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: quoted(suites),
      extensionTestsPath: quoted(join(suites, 'index.cjs')),
      launchArgs: [quoted(folder), ...folders, '--disable-telemetry'],
      extensionTestsEnv: unset,
    });
  } catch (error) {
    const evidence = join(scratchFolder, 'failures', `desktop-${version}`);
    await cp(join(profile, 'logs'), evidence, { recursive: true }).catch((cause: unknown) =>
      console.error(`There are no logs to keep: ${String(cause)}`),
    );
    console.error(`Logs of VS Code ${version}: ${evidence}`);
    throw error;
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 10 });
  }
}

const { engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  engines: { vscode: string };
};
const versions =
  process.argv.length > 2 ? process.argv.slice(2) : [engines.vscode.replace('^', ''), 'stable'];
const vsix = await packedExtension();
const suites = await buildHostSuites();
for (const version of versions) await testOn(version, vsix, suites);
