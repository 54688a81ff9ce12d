import { readFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import type { FromPage } from '../../../src/panel/protocol.js';
import type { PanelRequestKind } from '../../../src/panel/requests.js';
import type { ResultsRequests, ResultsState } from '../../../src/panel/results/messages.js';
import type { PanelState } from '../../../src/panel/state.js';
import { panelHtml } from '../../../src/panel/html.js';
import { openBrowser } from '../../vscode/harness/browser.js';
import { revive, spread } from './wire.js';

export type ThemeKind = 'light' | 'dark' | 'hc-dark' | 'hc-light';
export const THEMES: readonly ThemeKind[] = ['light', 'dark', 'hc-dark', 'hc-light'];

const root = join(import.meta.dirname, '../../..');
const pictures = join(root, '.test-tmp/pictures');
const NONCE = 'ofThisTest';
const BODY_CLASSES: Readonly<Record<ThemeKind, string>> = {
  light: 'vscode-light',
  dark: 'vscode-dark',
  'hc-dark': 'vscode-high-contrast',
  'hc-light': 'vscode-high-contrast vscode-high-contrast-light',
};

/** Answers by kind of request; what is not named is answered by null. */
export type Replies<Kind extends string = PanelRequestKind> = Partial<
  Record<Kind, (payload: never) => unknown>
>;

export type ResultsKind = keyof ResultsRequests;

/** The page of the DAG panel, and that of the Results panel, under a host of these tests. */
export type DagPage = HostedPage<PanelState, PanelRequestKind>;
export type ResultsPage = HostedPage<ResultsState, ResultsKind>;

/** Serves the page as it was built, under its own security policy, with a VS Code made of a few lines before it. */
export class PageServer {
  private constructor(
    private readonly server: Server,
    readonly browser: BrowserContext,
    private readonly profile: string,
  ) {}

  static async open(): Promise<PageServer> {
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      respond(path).then(
        ({ type, body }) => response.writeHead(200, { 'content-type': type }).end(body),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const profile = await mkdtemp(join(tmpdir(), 'seamless-page-'));
    try {
      return new PageServer(server, await openBrowser(profile), profile);
    } catch (error) {
      server.close();
      await rm(profile, { recursive: true, force: true });
      throw error;
    }
  }

  /** A page of its own, which has said `ready` and was told the state. */
  show(state: PanelState | null, options: ShowOptions = {}): Promise<DagPage> {
    return this.#show('/', state, options);
  }

  showResults(state: ResultsState | null, options: ShowOptions<ResultsKind> = {}): Promise<ResultsPage> {
    return this.#show('/results', state, options);
  }

  async #show<State, Kind extends string>(
    path: string,
    state: State | null,
    { theme = 'dark', width = 1280, height = 800, replies = {}, kept }: ShowOptions<Kind>,
  ): Promise<HostedPage<State, Kind>> {
    const page = await this.browser.newPage();
    await page.setViewportSize({ width, height });
    const hosted = new HostedPage<State, Kind>(page, replies);
    await page.exposeFunction('toHost', (message: FromPage<Kind>) => hosted.take(message));
    // The loader of these tests names functions by a helper that the page does not have.
    await page.addInitScript({
      content: `window.__name = (it) => it; window.revive = ${revive.toString()};`,
    });
    await page.addInitScript(standIn, { ...(await dressOf(theme)), kept: kept ?? null });
    if (state) hosted.state = state;
    const { port } = this.server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}${path}`);
    await hosted.until((message) => message.type === 'ready');
    return hosted;
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.close();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface ShowOptions<Kind extends string = PanelRequestKind> {
  readonly theme?: ThemeKind;
  readonly width?: number;
  readonly height?: number;
  readonly replies?: Replies<Kind>;
  /** What VS Code remembers of an earlier page. */
  readonly kept?: unknown;
}

/** The page, with what it sent, and a host that answers it. */
class HostedPage<State, Kind extends string> {
  readonly sent: FromPage<Kind>[] = [];
  readonly errors: string[] = [];
  state: State | null = null;
  #waiting: { readonly is: (message: FromPage<Kind>) => boolean; readonly resolve: () => void }[] = [];

  constructor(
    readonly page: Page,
    readonly replies: Replies<Kind>,
  ) {
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
  }

  async take(message: FromPage<Kind>): Promise<void> {
    this.sent.push(message);
    this.#waiting = this.#waiting.filter(({ is, resolve }) => {
      if (!is(message)) return true;
      resolve();
      return false;
    });
    if (message.type === 'ready') {
      if (this.state) await this.post({ type: 'state', state: this.state });
      return;
    }
    const reply = this.replies[message.kind] as ((payload: unknown) => unknown) | undefined;
    try {
      await this.post({ type: 'ok', id: message.id, value: (await reply?.(message.payload)) ?? null });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      await this.post({ type: 'err', id: message.id, error: { code: 'compute', message: text } });
    }
  }

  /** Sends a message as VS Code does: typed arrays arrive as such. */
  async post(message: unknown): Promise<void> {
    await this.page.evaluate(
      (text) => {
        const { revive: made } = window as unknown as { revive: (value: unknown) => unknown };
        window.postMessage(made(JSON.parse(text)), '*');
      },
      JSON.stringify(spread(message)),
    );
  }

  async tell(state: State): Promise<void> {
    this.state = state;
    await this.post({ type: 'state', state });
  }

  /** Resolves when the page has sent such a message, which may be long ago. */
  async until(is: (message: FromPage<Kind>) => boolean): Promise<void> {
    if (this.sent.some(is)) return;
    await new Promise<void>((resolve) => this.#waiting.push({ is, resolve }));
  }

  /** The payload of the last request of a kind; undefined when there was none. */
  payloadOf(kind: Kind): unknown {
    const found = this.sent.findLast((message) => message.type === 'request' && message.kind === kind);
    return found?.type === 'request' ? found.payload : undefined;
  }

  /** What VS Code would remember of the page. */
  async kept(): Promise<Record<string, unknown>> {
    return this.page.evaluate(() => (window as unknown as { kept: Record<string, unknown> }).kept);
  }

  /** Changes the theme under the page that is shown. */
  async wear(theme: ThemeKind): Promise<void> {
    await this.page.evaluate(
      (dress) => (window as unknown as { dress: (as: Dress) => void }).dress(dress),
      await dressOf(theme),
    );
  }

  async picture(name: string): Promise<void> {
    await mkdir(pictures, { recursive: true });
    await this.page.screenshot({ path: join(pictures, `${name}.png`), animations: 'disabled' });
  }
}

/** What VS Code makes a theme known by. */
interface Dress {
  readonly variables: Readonly<Record<string, string>>;
  readonly bodyClass: string;
}

async function dressOf(theme: ThemeKind): Promise<Dress> {
  return { variables: (await themes())[theme] ?? {}, bodyClass: BODY_CLASSES[theme] };
}

interface StandIn extends Dress {
  readonly kept: unknown;
}

/** Runs in the page before its own script: VS Code's theme, and its API. */
function standIn({ kept, ...first }: StandIn): void {
  const page = window as unknown as {
    dress: (as: Dress) => void;
    kept: unknown;
    toHost: (message: unknown) => void;
    acquireVsCodeApi: unknown;
  };
  page.kept = kept;
  page.acquireVsCodeApi = () => ({
    postMessage: (message: unknown) => page.toHost(message),
    getState: () => page.kept ?? undefined,
    setState: (state: unknown) => (page.kept = state),
  });
  page.dress = ({ variables, bodyClass }) => {
    const { style } = document.documentElement;
    for (const name of [...style]) if (name.startsWith('--vscode-')) style.removeProperty(name);
    for (const [name, value] of Object.entries(variables)) style.setProperty(name, value);
    document.body.className = bodyClass;
  };
  document.addEventListener('DOMContentLoaded', () => page.dress(first));
}

let read: Promise<Record<string, Record<string, string>>> | null = null;

export function themes(): Promise<Record<string, Record<string, string>>> {
  read ??= readFile(join(import.meta.dirname, 'themes.json'), 'utf8').then(
    (text) => JSON.parse(text) as Record<string, Record<string, string>>,
  );
  return read;
}

async function respond(path: string): Promise<{ readonly type: string; readonly body: string }> {
  if (path === '/' || path === '/results') {
    const name = path === '/' ? 'dag' : 'results';
    const page = {
      nonce: NONCE,
      cspSource: "'self'",
      script: `/${name}.js`,
      style: `/${name}.css`,
      language: 'en',
      title: 'DAG',
      key: 'momentum.ts#Momentum',
    };
    return { type: 'text/html; charset=utf-8', body: panelHtml(page) };
  }
  const type = path.endsWith('.css') ? 'text/css' : 'text/javascript';
  return { type, body: await readFile(join(root, 'dist/webview', path.replace(/[^\w.-]/g, '')), 'utf8') };
}
