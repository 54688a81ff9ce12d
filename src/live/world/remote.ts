import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { WebSocket } from 'ws';
import { SeamlessError } from '../../sdk/errors.js';
import type { Seconds } from '../../sdk/time.js';
import { Inbox } from '../feed/inbox.js';
import { worldMessage, type Governed, type WorldMessage, type WorldSnapshot } from './messages.js';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;
const MAX_MESSAGE = 1024 * 1024;

const NOT_YET: Governed = {
  type: 'governed',
  inactive: 'The world has decided nothing yet: no orders are made.',
  activation: 'freeze',
  allocations: {},
};

export interface RemoteOptions {
  readonly name: string;
  readonly url: string;
  readonly token: string | undefined;
  /** Seconds without a word after which what the world said last counts no more. */
  readonly silence: Seconds;
  readonly onTrouble: (text: string) => void;
}

/** A world that is elsewhere, as far as it is known here. */
export class RemoteWorld {
  readonly #options: RemoteOptions;
  readonly #said = new Inbox<Governed>();
  readonly #over = new AbortController();
  #socket: WebSocket | null = null;
  #snapshot: WorldSnapshot | null = null;
  /** Null: messages were missed, and a snapshot was asked for. */
  #seq: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  #begun: (() => void) | null = null;
  #governed: Governed | null = null;

  private constructor(options: RemoteOptions) {
    this.#options = options;
  }

  /** Connects, and waits for what the world is. @throws SeamlessError `source` when it cannot be reached, or takes no such token. */
  static async connect(options: RemoteOptions): Promise<RemoteWorld> {
    const world = new RemoteWorld(options);
    const first = new Promise<void>((resolve) => (world.#begun = resolve));
    const lost = world.#connect();
    const outcome = await Promise.race([
      first.then(() => null),
      lost,
      sleep(options.silence * 1000, `it said nothing for ${options.silence} s`, { ref: false }),
    ]);
    if (outcome !== null) {
      world.close();
      throw new SeamlessError('source', `The world ${options.name} at ${options.url} ${outcome}.`);
    }
    void world.#again(lost);
    return world;
  }

  /** The world's file as it was when the run began. */
  get text(): string {
    return this.#snapshot?.text ?? '';
  }

  /** What it has the run do by now. */
  get now(): Governed {
    return this.#governed ?? NOT_YET;
  }

  /** What it has the run do; each time that changes. */
  get said(): AsyncIterable<Governed> {
    return this.#said;
  }

  close(): void {
    this.#over.abort();
    clearTimeout(this.#timer);
    this.#socket?.terminate();
    this.#said.end();
  }

  /** What is lost is connected to again, until it is closed. */
  async #again(lost: Promise<string>): Promise<void> {
    const { name, url, onTrouble } = this.#options;
    const { signal } = this.#over;
    let wait = FIRST_WAIT_MS;
    for (let reason = await lost; !signal.aborted; reason = await this.#connect()) {
      onTrouble(`The world ${name} at ${url} was lost (it ${reason}): connecting again.`);
      if (this.#seq !== null) wait = FIRST_WAIT_MS;
      this.#seq = null;
      await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      wait = Math.min(LONGEST_WAIT_MS, wait * 2);
    }
  }

  /** Resolves when the connection has ended, with why. */
  #connect(): Promise<string> {
    const { url, token, silence } = this.#options;
    const socket = new WebSocket(url, {
      maxPayload: MAX_MESSAGE,
      handshakeTimeout: silence * 1000,
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    });
    this.#socket = socket;
    return new Promise((resolve) => {
      socket.on('message', (data: Buffer) => this.#hear(data));
      socket.on('unexpected-response', (_, { statusCode }) => {
        resolve(refusal(statusCode ?? 0));
        socket.terminate();
      });
      socket.on('error', (error) => resolve(`cannot be reached: ${error.message}`));
      socket.on('close', () => resolve('ended the connection'));
    });
  }

  #hear(data: Buffer): void {
    const message = understood(data);
    // Whatever is not understood may have been a message that counts.
    if (!message) this.#miss('sent something that is no message of this protocol');
    else if (message.type === 'snapshot') {
      this.#seq = message.seq;
      this.#snapshot = { ...message, text: this.#snapshot?.text ?? message.text };
    } else if (this.#seq === null || !this.#snapshot) return;
    else if (message.type === 'heartbeat') {
      if (message.seq !== this.#seq) this.#miss(`is at message ${message.seq}, this run at ${this.#seq}`);
    } else if (message.seq !== this.#seq + 1) this.#miss(`sent message ${message.seq} after ${this.#seq}`);
    else {
      this.#seq = message.seq;
      const { type, seq, ...said } = message;
      this.#snapshot = { ...this.#snapshot, seq, ...said };
    }
    this.#listen();
    this.#tell(null);
    if (this.#snapshot) this.#begun?.();
  }

  /** Something was missed: what is known counts no more until there is a snapshot. */
  #miss(what: string): void {
    const { name, url, onTrouble } = this.#options;
    onTrouble(`The world ${name} at ${url} ${what}: a snapshot was asked for.`);
    this.#seq = null;
    this.#socket?.send(JSON.stringify({ type: 'snapshot' }));
  }

  #listen(): void {
    const { silence } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#tell(`The world has said nothing for ${silence} s: no orders are made.`);
      // A connection that is dead without a word is made again.
      this.#socket?.terminate();
    }, silence * 1000);
  }

  #tell(stale: string | null): void {
    if (!this.#snapshot) return;
    const { decision, activation, allocations } = this.#snapshot;
    const missed =
      this.#seq === null ? 'A message of the world was missed: no orders are made until it is known.' : null;
    const refused = decision.act ? '' : decision.reason || 'The world has decided that no orders are made.';
    const governed: Governed = {
      type: 'governed',
      inactive: stale ?? missed ?? refused,
      activation,
      allocations,
    };
    if (JSON.stringify(governed) === JSON.stringify(this.#governed)) return;
    this.#governed = governed;
    this.#said.put(governed);
  }
}

function refusal(status: number): string {
  if (status === 401)
    return 'takes no such token: see the variable that tokenFrom names, and what the server was started with';
  if (status === 404) return 'is not served there: see the name at the end of its address';
  return `answered ${status}: see its address`;
}

function understood(data: Buffer): WorldMessage | null {
  try {
    const outcome = v.safeParse(worldMessage, JSON.parse(data.toString('utf8')));
    return outcome.success ? outcome.output : null;
  } catch {
    return null;
  }
}
