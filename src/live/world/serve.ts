import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import * as v from 'valibot';
import { WebSocketServer, type WebSocket } from 'ws';
import { readWorld, parseWorld, worldNames } from './load.js';
import { runMessage, type WorldMessage, type WorldSnapshot } from './messages.js';
import type { WorldFile } from './schema.js';

export interface ServeOptions {
  readonly projectRoot: string;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly token: string;
  /** Milliseconds between two looks at files, and between heartbeats. */
  readonly everyMs?: number;
}

/** A server of worlds. */
export interface WorldServer {
  /** Of one of them, by its name. */
  url(name: string): string;
  readonly names: readonly string[];
  close(): Promise<void>;
}

const EVERY_MS = 1000;

/** One world that is served: what it is, and who is told of it. */
interface Served {
  readonly runs: Set<WebSocket>;
  /** What runs began with; null: its file was never well formed. */
  began: string | null;
  state: Omit<WorldSnapshot, 'type' | 'text'>;
  text: string;
}

/** Serves the worlds of a project's folder. Whoever changes a file changes what all its runs do from their next slot on. */
export async function serveWorlds({
  projectRoot,
  host,
  port,
  token,
  everyMs = EVERY_MS,
}: ServeOptions): Promise<WorldServer> {
  const served = new Map<string, Served>();
  const names = worldNames(projectRoot);
  for (const name of names) served.set(name, firstOf(projectRoot, name));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  const server = createServer((_, response) => response.writeHead(426).end());
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const world = served.get(nameIn(request));
    const status = !isToken(request, token) ? '401 Unauthorized' : world ? null : '404 Not Found';
    if (status === null && world) sockets.handleUpgrade(request, socket, head, (run) => welcome(run, world));
    else socket.end(`HTTP/1.1 ${status ?? ''}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  });
  await listening(server, port, host);
  const timer = setInterval(() => {
    for (const [name, world] of served) {
      for (const message of changesOf(projectRoot, name, world)) tell(world, message);
      tell(world, { type: 'heartbeat', seq: world.state.seq });
    }
  }, everyMs);
  const { address, port: bound } = server.address() as AddressInfo;
  return {
    names,
    url: (name) =>
      `ws://${address.includes(':') ? `[${address}]` : address}:${bound}/${encodeURIComponent(name)}`,
    close: () =>
      new Promise((resolve) => {
        clearInterval(timer);
        for (const { runs } of served.values()) for (const run of runs) run.terminate();
        server.close(() => resolve());
      }),
  };
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

function nameIn({ url = '/' }: IncomingMessage): string {
  try {
    return decodeURIComponent(url.replace(/^\/|\?.*$/g, ''));
  } catch {
    return '';
  }
}

function isToken({ headers }: IncomingMessage, token: string): boolean {
  const [given, wanted] = [Buffer.from(headers.authorization ?? ''), Buffer.from(`Bearer ${token}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function welcome(run: WebSocket, world: Served): void {
  world.runs.add(run);
  const snapshot = (): void =>
    run.send(JSON.stringify({ type: 'snapshot', ...world.state, text: world.text } satisfies WorldMessage));
  run.on('message', (data: Buffer) => {
    if (isAsked(data)) snapshot();
    else run.close(1003, 'Expected {"type":"snapshot"}');
  });
  run.on('close', () => world.runs.delete(run));
  run.on('error', () => run.terminate());
  snapshot();
}

function isAsked(data: Buffer): boolean {
  try {
    return v.is(runMessage, JSON.parse(data.toString('utf8')));
  } catch {
    return false;
  }
}

function tell({ runs }: Served, message: WorldMessage): void {
  for (const run of runs) run.send(JSON.stringify(message));
}

function firstOf(projectRoot: string, name: string): Served {
  const { text, file, problem } = lookAt(projectRoot, name);
  const { activation = 'freeze', allocations = {} } = file ?? {};
  const decision = { act: problem === null, reason: problem ?? '' };
  return {
    runs: new Set(),
    began: file && settled(file),
    state: { seq: 0, decision, activation, allocations },
    text,
  };
}

/** What changed in a world's file since it was last looked at, numbered. */
function changesOf(projectRoot: string, name: string, world: Served): WorldMessage[] {
  const { text, file, problem } = lookAt(projectRoot, name);
  const messages: WorldMessage[] = [];
  const { state } = world;
  world.text = text;
  // A world whose file was put right is that world; runs of another one than they began in make no orders.
  world.began ??= file && settled(file);
  const other = file !== null && settled(file) !== world.began;
  const reason = other
    ? 'The world was changed in more than its activation and allocations: runs that began before make no orders. Start a new run once it is served anew.'
    : (problem ?? '');
  const decision = { act: reason === '', reason };
  let { seq } = state;
  const { activation, allocations } = file ?? state;
  if (JSON.stringify(decision) !== JSON.stringify(state.decision))
    messages.push({ type: 'decision', seq: ++seq, decision });
  if (activation !== state.activation) messages.push({ type: 'activation', seq: ++seq, activation });
  if (JSON.stringify(allocations) !== JSON.stringify(state.allocations))
    messages.push({ type: 'allocations', seq: ++seq, allocations });
  world.state = { seq, decision, activation, allocations };
  return messages;
}

/** All of a world that a run cannot change under way, as text. */
function settled({ activation: _, allocations: __, ...rest }: WorldFile): string {
  return JSON.stringify(rest);
}

function lookAt(
  projectRoot: string,
  name: string,
): { text: string; file: WorldFile | null; problem: string | null } {
  let text = '';
  try {
    const [path, found] = readWorld(projectRoot, name);
    text = found;
    return { text, file: parseWorld(found, path), problem: null };
  } catch (error) {
    return { text, file: null, problem: error instanceof Error ? error.message : String(error) };
  }
}
