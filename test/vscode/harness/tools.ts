import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { toolsFolder } from './paths.js';
import { ensureEditorPackages } from './system.js';

/** The editor's own Node and the script that starts the editor under it. */
export interface EditorTools {
  readonly node: string;
  readonly entry: string;
}

/**
 * The tools, installed on first use and again whenever their lock file changes (about two minutes, once).
 * Throws an Error whose text says what to install or where the log is.
 */
export async function editorTools(): Promise<EditorTools> {
  if (process.platform !== 'linux') {
    throw new Error('These tests drive VS Code on Linux. On other systems run: npm run test:desktop');
  }
  const nodeHome = join(toolsFolder, `node_modules/node-linux-${process.arch}`);
  const tools = {
    node: join(nodeHome, 'bin/node'),
    entry: join(toolsFolder, 'node_modules/code-server/out/node/entry.js'),
  };
  ensureEditorPackages();
  const lock = createHash('sha256')
    .update(await readFile(join(toolsFolder, 'package-lock.json')))
    .digest('hex');
  const stamp = join(toolsFolder, 'node_modules/.installed');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === lock) return tools;

  console.error('Installing the editor for the tests: once, about two minutes…');
  const env = installEnvironment();
  await npm(['ci', '--ignore-scripts'], env);
  // The editor's native parts are built by, and for, the Node that comes with it, from that Node's own headers.
  const PATH = [dirname(tools.node), env['PATH']].join(delimiter);
  await npm(['rebuild', 'code-server', '--foreground-scripts'], {
    ...env,
    PATH,
    npm_config_nodedir: nodeHome,
  });
  await writeFile(stamp, lock);
  return tools;
}

/** This process's environment without what `npm run` says of itself: another project's folder, another Node's version. */
function installEnvironment(): NodeJS.ProcessEnv {
  const {
    npm_config_user_agent,
    npm_config_local_prefix,
    npm_config_prefix,
    npm_config_node_gyp,
    NODE_OPTIONS,
    ...rest
  } = process.env;
  return rest;
}

async function npm(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn('npm', [...args, '--no-audit', '--no-fund'], { cwd: toolsFolder, env });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return;
  const log = join(toolsFolder, 'install.log');
  await writeFile(log, Buffer.concat(output));
  throw new Error(`npm ${args[0]} failed in test/vscode/tools (exit code ${code}). Its output is in ${log}.`);
}
