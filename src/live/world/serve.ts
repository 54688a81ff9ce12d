import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { understood } from '../feed/connection.js';
import { CurrentWorld, sameRules } from './current.js';
import { worldNames } from './load.js';
import {
  runMessage,
  type RuleSet,
  type RunMessage,
  type WorldMessage,
  type WorldSnapshot,
} from './messages.js';

export interface ServeOptions {
  readonly projectRoot: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly token: string;
  /** Milliseconds between checks of the files, and between heartbeats. */
  readonly everyMs?: number;
  /** Receives messages about runs that do not answer, or cannot follow. */
  readonly onTrouble?: (text: string) => void;
}

/** A server of worlds. */
export interface WorldServer {
  /** The address of a world, by name. */
  url(name: string): string;
  readonly names: readonly string[];
  close(): Promise<void>;
}

const EVERY_MS = 1000;

/** Checks of the file during which a run may answer. */
const PATIENCE_TICKS = 3;

/** A served world, with its connected runs. */
interface Served {
  readonly name: string;
  readonly file: CurrentWorld;
  readonly runs: Set<WebSocket>;
  seq: number;
  rules: RuleSet;
  staged: Staged | null;
  /** A change that a run refused: it is not prepared again. */
  refused: RuleSet | null;
}

/** A prepared change: it applies once all runs have answered. */
interface Staged {
  readonly set: number;
  readonly rules: RuleSet;
  /** Runs that have not answered. */
  readonly waits: Set<WebSocket>;
  ticks: number;
}

/**
 * Serves the worlds of a project's folder. A change of a file applies to all its runs from their next slot on, once all of them have it on
 * disk, or to none.
 */
export async function serveWorlds({
  projectRoot,
  host,
  port,
  token,
  everyMs = EVERY_MS,
  onTrouble = () => undefined,
}: ServeOptions): Promise<WorldServer> {
  const served = new Map<string, Served>();
  const names = worldNames(projectRoot);
  for (const name of names) served.set(name, firstOf(projectRoot, name));
  const heard = (run: WebSocket, world: Served, message: RunMessage): void => {
    if (message.type === 'snapshot') run.send(JSON.stringify(snapshotOf(world)));
    else answered(world, run, message, onTrouble);
  };
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  const server = createServer((_, response) => response.writeHead(426).end());
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const world = served.get(nameIn(request));
    const status = !isToken(request, token) ? '401 Unauthorized' : world ? null : '404 Not Found';
    if (status === null && world)
      sockets.handleUpgrade(request, socket, head, (run) => welcome(run, world, heard));
    else socket.end(`HTTP/1.1 ${status ?? ''}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  });
  await listening(server, port, host);
  const timer = setInterval(() => {
    for (const world of served.values()) {
      look(world, onTrouble);
      tell(world, { type: 'heartbeat', seq: world.seq });
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

function welcome(
  run: WebSocket,
  world: Served,
  heard: (run: WebSocket, world: Served, message: RunMessage) => void,
): void {
  world.runs.add(run);
  run.on('message', (data: Buffer) => {
    const message = understood(runMessage, data);
    if (typeof message === 'object') heard(run, world, message);
    else run.close(1003, 'Expected a message such as {"type":"snapshot"}');
  });
  run.on('close', () => {
    world.runs.delete(run);
    leave(world, run);
  });
  run.on('error', () => run.terminate());
  run.send(JSON.stringify(snapshotOf(world)));
}

function snapshotOf({ file, rules, seq, staged }: Served): WorldSnapshot {
  return {
    type: 'snapshot',
    seq,
    text: file.text,
    ...rules,
    staged: staged && { set: staged.set, ...staged.rules },
  };
}

function tell({ runs }: Served, message: WorldMessage): void {
  for (const run of runs) run.send(JSON.stringify(message));
}

function firstOf(projectRoot: string, name: string): Served {
  const file = new CurrentWorld(projectRoot, name);
  return { name, file, runs: new Set(), seq: 0, rules: file.look(null), staged: null, refused: null };
}

/** Checks a world's file: changes are prepared as one set, which applies once every run has it. */
function look(world: Served, onTrouble: (text: string) => void): void {
  const { staged } = world;
  if (staged) {
    if (++staged.ticks < PATIENCE_TICKS) return;
    // They connect again, and receive the current settings.
    onTrouble(`${staged.waits.size} runs of world ${world.name} do not answer, and are let go.`);
    for (const run of [...staged.waits]) {
      run.terminate();
      leave(world, run);
    }
    return;
  }
  const rules = world.file.look(world.rules);
  if (sameRules(rules, world.rules)) world.refused = null;
  else if (!world.refused || !sameRules(rules, world.refused)) {
    world.refused = null;
    const set = ++world.seq;
    world.staged = { set, rules, waits: new Set(world.runs), ticks: 0 };
    tell(world, { type: 'prepare', seq: set, ...rules });
    commitWhole(world);
  }
}

/** A run that has left is not waited for. */
function leave(world: Served, run: WebSocket): void {
  if (world.staged?.waits.delete(run)) commitWhole(world);
}

function commitWhole(world: Served): void {
  const { staged } = world;
  if (!staged || staged.waits.size > 0) return;
  world.staged = null;
  world.rules = staged.rules;
  tell(world, { type: 'commit', seq: ++world.seq, set: staged.set });
}

function answered(
  world: Served,
  run: WebSocket,
  message: Exclude<RunMessage, { type: 'snapshot' }>,
  onTrouble: (text: string) => void,
): void {
  const { staged } = world;
  if (staged?.set !== message.set) return;
  if (message.type === 'prepared') return leave(world, run);
  const { set, reason } = message;
  world.staged = null;
  world.refused = staged.rules;
  onTrouble(`World ${world.name} stays as it was, because a run cannot follow its file: ${reason}`);
  tell(world, { type: 'abort', seq: ++world.seq, set, reason });
}
