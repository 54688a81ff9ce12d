import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { openBrowser } from './browser.js';
import { endProcesses } from '../../../scripts/testing/processes.js';
import { installedExtension } from './extension.js';
import { KEPT_FOLDER } from './paths.js';
import { strategyProcesses } from './processes.js';
import { startServer, writeSettings, type EditorServer, type ServerOptions } from './server.js';
import { editorTools } from './tools.js';

export interface SessionOptions extends Omit<ServerOptions, 'profile' | 'extensions'> {
  /** Whether server and browser are this suite's alone: needed where it stops them, or changes more than its window and folder. */
  readonly isAlone?: boolean;
}

/** A server of the editor, with a browser for its windows. */
export interface Session {
  readonly server: EditorServer;
  readonly browser: BrowserContext;
  readonly page: Page;
  /** Where both have their profiles. */
  readonly folder: string;
  /** What suites have in common that can have it one after another; undefined where it is one suite's alone. */
  readonly key: string | undefined;
}

/** Those that no suite uses at the moment. */
const idle = new Map<string, Session>();

/** A session with these settings and no window yet: one that an earlier suite is done with, or a new one. */
export async function openSession({ isAlone = false, ...options }: SessionOptions): Promise<Session> {
  const { settings, trust = false, testDriver = false, env } = options;
  const key = isAlone || testDriver || env !== undefined ? undefined : `trust ${trust}`;
  const kept = key === undefined ? undefined : idle.get(key);
  if (key !== undefined && kept) {
    idle.delete(key);
    await writeSettings(join(kept.folder, 'server'), settings);
    return kept;
  }
  const tools = await editorTools();
  const extensions = await installedExtension(tools);
  const folder = await mkdtemp(join(tmpdir(), key === undefined ? 'seamless-editor-' : KEPT_FOLDER));
  const server = await startServer(tools, { ...options, profile: join(folder, 'server'), extensions });
  try {
    const browser = await openBrowser(join(folder, 'browser'));
    const page = browser.pages()[0] ?? (await browser.newPage());
    return { server, browser, page, folder, key };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * Gives a session back. It is kept for the suites that come after where there are some, as in a lane of `npm test`, which ends
 * its channel after the last; what the windows of this suite left in processes and in the browser is gone then.
 */
export async function leaveSession(session: Session): Promise<void> {
  const { server, browser, page, key } = session;
  if (key === undefined || !process.connected) {
    await endSession(session);
    return;
  }
  for (const other of browser.pages()) if (other !== page) await other.close();
  await page.goto('about:blank');
  // Those of the window end by themselves, but what runs in a terminal outlives it.
  endProcesses(strategyProcesses(server.pid));
  const devtools = await browser.newCDPSession(page);
  const storageTypes = 'cookies,indexeddb,local_storage,file_systems,cache_storage';
  await devtools.send('Storage.clearDataForOrigin', { origin: server.url, storageTypes });
  await devtools.detach();
  if (idle.size === 0) process.once('disconnect', () => void endAll());
  idle.set(key, session);
}

/** Ends server and browser, whatever they are doing. */
export async function endSession({ server, browser, folder }: Session): Promise<void> {
  await browser.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function endAll(): Promise<void> {
  await Promise.all([...idle.values()].map(endSession));
  idle.clear();
}
