import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EditorTools } from './tools.js';

export interface ServerOptions {
  /** An empty folder for this server alone: profile, settings, logs. */
  readonly profile: string;
  /** Where the extension under test is installed. */
  readonly extensions: string;
  /** User settings, over the harness's own. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether VS Code asks whether the workspace is trusted; off unless said. */
  readonly trust?: boolean;
  /**
   * The editor's own test driver, off unless said: it runs the suites inside the extension host, and keeps from the screen
   * notifications that are no errors.
   */
  readonly testDriver?: boolean;
  /** Environment of the server, and so of the extension host, over this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A running editor server, on the loopback address only. */
export interface EditorServer {
  readonly url: string;
  /** `HOST:PORT`, the authority of `vscode-remote:` addresses. */
  readonly authority: string;
  readonly pid: number;
  /** The server's, extension host's and extensions' logs. */
  readonly logs: string;
  stop(): Promise<void>;
}

/** What keeps the screen still: no welcome, no tips, no background fetching, no prompts that depend on the day. */
const stillSettings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'window.commandCenter': false,
  // What takes the focus on a busy machine would close the box that a test is to type into.
  'workbench.quickOpen.closeOnFocusLost': false,
  // As on a desktop: in a browser the editor saves by itself, and draws the letters of a terminal as pixels.
  'files.autoSave': 'off',
  'terminal.integrated.gpuAcceleration': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'chat.disableAIFeatures': true,
  'security.workspace.trust.startupPrompt': 'never',
  'git.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
  'typescript.disableAutomaticTypeAcquisition': true,
  // One server of TypeScript is enough, and it checks where a suite is about what it finds: see `typesChecked`.
  'typescript.tsserver.useSyntaxServer': 'never',
  'js/ts.validate.enabled': false,
  'js/ts.tsserver.automaticTypeAcquisition.enabled': false,
  'editor.minimap.enabled': false,
  'editor.cursorBlinking': 'solid',
};

/** For suites that are about what TypeScript finds. */
export const typesChecked = { 'js/ts.validate.enabled': true };

/** Starts the editor's server on a free port of 127.0.0.1; rejects with what it printed when it ends early. */
export async function startServer(tools: EditorTools, options: ServerOptions): Promise<EditorServer> {
  const { profile, extensions, settings, trust = false, testDriver = false, env } = options;
  await mkdir(extensions, { recursive: true });
  await writeSettings(profile, settings);
  await writeFile(join(profile, 'code-server.yaml'), 'auth: none\n');
  const args = [
    tools.entry,
    '--auth=none',
    '--bind-addr=127.0.0.1:0',
    `--config=${join(profile, 'code-server.yaml')}`,
    `--user-data-dir=${profile}`,
    `--extensions-dir=${extensions}`,
    '--disable-telemetry',
    '--disable-update-check',
    '--disable-getting-started-override',
    '--disable-proxy',
    '--ignore-last-opened',
    ...(testDriver ? ['--vscode-option=enable-smoke-test-driver'] : []),
    ...(trust ? [] : ['--disable-workspace-trust']),
  ];
  // A group of its own, so that stopping it stops what it forked.
  const child = spawn(tools.node, args, { cwd: profile, env: serverEnvironment(env), detached: true });
  // Whoever interrupts the tests does not want it to stay.
  const orphaned = (): void => signal(child, 'SIGKILL');
  process.once('exit', orphaned);
  child.once('exit', () => process.removeListener('exit', orphaned));
  const url = await address(child, join(profile, 'server.log'));
  return {
    url,
    pid: child.pid ?? NaN,
    authority: new URL(url).host,
    logs: join(profile, 'logs'),
    stop: () => stop(child),
  };
}

/** Writes user settings, over the harness's own, for windows that are opened from now on. */
export async function writeSettings(profile: string, settings: ServerOptions['settings']): Promise<void> {
  await mkdir(join(profile, 'User'), { recursive: true });
  const text = JSON.stringify({ ...stillSettings, ...settings }, null, 2);
  await writeFile(join(profile, 'User/settings.json'), text);
}

/** This process's environment without what would change how the editor's own Node starts. */
function serverEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, NODE_PATH, VSCODE_IPC_HOOK_CLI, ...rest } = process.env;
  // Without a gallery nothing is asked of the outside.
  return { ...rest, EXTENSIONS_GALLERY: '{}', ...extra };
}

function address(child: ChildProcess, log: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const file = createWriteStream(log);
    let printed = '';
    const read = (chunk: Buffer): void => {
      file.write(chunk);
      if (printed.length > 20_000) return;
      printed += chunk.toString();
      const found = /HTTP server listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(printed)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => {
      file.end();
      reject(new Error(`The editor's server ended early (exit code ${code}):\n${printed}`));
    });
  });
}

/** Signals a server and what it forked, if it is still there. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid, name);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  signal(child, 'SIGTERM');
  const late = setTimeout(() => signal(child, 'SIGKILL'), 10_000);
  await ended;
  clearTimeout(late);
}
