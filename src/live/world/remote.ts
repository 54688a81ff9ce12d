import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { SeamlessError } from '../../sdk/errors.js';
import type { Seconds } from '../../sdk/time/time.js';
import { openSocket, Pauses, understood } from '../feed/connection.js';
import { Inbox } from '../feed/inbox.js';
import {
  rulesOf,
  worldMessage,
  type FollowedWorld,
  type Rules,
  type RunMessage,
  type WorldMessage,
  type WorldSaid,
  type WorldSnapshot,
} from './messages.js';

const MAX_MESSAGE = 1024 * 1024;

const ONE_VERSION = 'Use one version of Seamless at both ends';

const NOT_YET: Rules = {
  inactive: 'The world has decided nothing yet: no orders are made.',
  activation: 'freeze',
  allocations: {},
};

export interface RemoteOptions {
  readonly name: string;
  readonly url: string;
  readonly token: string | undefined;
  /** After this many seconds without a message, the last settings are invalid. */
  readonly silence: Seconds;
  readonly onTrouble: (text: string) => void;
}

/** The connection to a remote world, with its last settings. */
export class RemoteWorld implements FollowedWorld {
  readonly #options: RemoteOptions;
  readonly #said = new Inbox<WorldSaid>();
  readonly #over = new AbortController();
  #socket: WebSocket | null = null;
  #snapshot: WorldSnapshot | null = null;
  /** Number of the last message. Null: some were missed, and a snapshot was requested. */
  #seq: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  #begun: (() => void) | null = null;
  #governed: Rules | null = null;
  /** The last message that was not understood, so that it is reported once. */
  #odd: string | null = null;

  private constructor(options: RemoteOptions) {
    this.#options = options;
  }

  /** Connects, and waits for the first snapshot. @throws SeamlessError `source` when it cannot be reached, or refuses the token */
  static async connect(options: RemoteOptions): Promise<RemoteWorld> {
    const world = new RemoteWorld(options);
    const first = new Promise<void>((resolve) => (world.#begun = resolve));
    const lost = world.#connect();
    const outcome = await Promise.race([
      first.then(() => null),
      lost,
      sleep(options.silence * 1000, null, { ref: false }).then(() => world.#saidNothing()),
    ]);
    if (outcome !== null) {
      world.close();
      throw new SeamlessError('source', `The world ${options.name} at ${options.url} ${outcome}.`);
    }
    void world.#again(lost);
    return world;
  }

  #saidNothing(): string {
    if (this.#odd !== null) return `${this.#odd}: ${ONE_VERSION}`;
    const { silence } = this.#options;
    return `said nothing for ${silence} s: see whether it is up, and whether its address is that of seamless world serve`;
  }

  /** The world's file as it was when the run began. */
  get text(): string {
    return this.#snapshot?.text ?? '';
  }

  /** The current settings. */
  get now(): Rules {
    return this.#governed ?? NOT_YET;
  }

  /** Changes of the settings. */
  get said(): AsyncIterable<WorldSaid> {
    return this.#said;
  }

  answer(set: number, refusal: string | null): void {
    this.#send(refusal === null ? { type: 'prepared', set } : { type: 'refused', set, reason: refusal });
  }

  close(): void {
    this.#over.abort();
    clearTimeout(this.#timer);
    this.#socket?.terminate();
    this.#said.end();
  }

  /** Reconnects after each loss, until it is closed. */
  async #again(lost: Promise<string>): Promise<void> {
    const { name, url, onTrouble } = this.#options;
    const { signal } = this.#over;
    const pauses = new Pauses();
    let told: string | null = null;
    for (let reason = await lost; !signal.aborted; reason = await this.#connect()) {
      const wasThere = this.#seq !== null;
      // Once for all attempts that fail for the same reason.
      if (wasThere || reason !== told)
        onTrouble(`The world ${name} at ${url} was lost (it ${reason}): connecting again.`);
      told = reason;
      if (wasThere) pauses.reset();
      this.#seq = null;
      await pauses.next(signal);
    }
  }

  /** Resolves with the reason when the connection has ended. */
  #connect(): Promise<string> {
    const socket = openSocket(this.#options, MAX_MESSAGE);
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
    const message = understood(worldMessage, data);
    let set: number | null = null;
    // A message that is not understood may have been important.
    if (typeof message === 'string') this.#missOdd(`sent something that is not a message (${message})`);
    else if (message.type === 'snapshot') this.#begin(message);
    else if (this.#seq === null || !this.#snapshot) return;
    else if (message.type === 'heartbeat') {
      if (message.seq !== this.#seq) this.#miss(`is at message ${message.seq}, this run at ${this.#seq}`);
    } else if (message.seq !== this.#seq + 1) this.#miss(`sent message ${message.seq} after ${this.#seq}`);
    else set = this.#follow(message, this.#snapshot);
    this.#listen();
    this.#tell(null, set);
    if (this.#snapshot) this.#begun?.();
  }

  #begin(snapshot: WorldSnapshot): void {
    const before = this.#snapshot?.staged;
    const { seq, staged } = snapshot;
    this.#seq = seq;
    this.#odd = null;
    this.#snapshot = { ...snapshot, text: this.#snapshot?.text ?? snapshot.text };
    if (before && before.set !== staged?.set)
      this.#said.put({ type: 'dropped', set: before.set, reason: 'What the world is now was told anew.' });
    // Answered again, in case the answer was lost.
    if (staged) this.#said.put({ type: 'staged', set: staged.set, ...rulesOf(staged) });
  }

  /** Applies the next message. @returns the set that came into force with it */
  #follow(
    message: Extract<WorldMessage, { type: 'prepare' | 'commit' | 'abort' }>,
    snapshot: WorldSnapshot,
  ): number | null {
    if (message.type === 'prepare') {
      const { type: _, seq, ...rules } = message;
      this.#seq = seq;
      this.#snapshot = { ...snapshot, seq, staged: { set: seq, ...rules } };
      this.#said.put({ type: 'staged', set: seq, ...rulesOf(rules) });
      return null;
    }
    const { seq, set } = message;
    const { staged } = snapshot;
    if (staged?.set !== set) {
      this.#miss(`ended set ${set}, which it had not prepared`);
      return null;
    }
    this.#seq = seq;
    if (message.type === 'abort') {
      this.#snapshot = { ...snapshot, seq, staged: null };
      this.#said.put({ type: 'dropped', set, reason: message.reason });
      return null;
    }
    const { set: _, ...rules } = staged;
    this.#snapshot = { ...snapshot, seq, ...rules, staged: null };
    return set;
  }

  /** The other end may be another version, whose messages are all unknown: reported once. */
  #missOdd(what: string): void {
    const isNew = this.#odd !== what;
    this.#odd = what;
    if (isNew) this.#miss(what, `no orders are made until it is understood. ${ONE_VERSION}`);
    else this.#seq = null;
  }

  /** A message was missed: the settings are invalid until the next snapshot. */
  #miss(what: string, then = 'a snapshot was asked for'): void {
    const { name, url, onTrouble } = this.#options;
    onTrouble(`The world ${name} at ${url} ${what}: ${then}.`);
    this.#seq = null;
    this.#send({ type: 'snapshot' });
  }

  #send(message: RunMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #listen(): void {
    const { silence } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#tell(`The world has said nothing for ${silence} s: no orders are made.`);
      // The connection may be dead: connect again.
      this.#socket?.terminate();
    }, silence * 1000);
  }

  #tell(stale: string | null, set: number | null = null): void {
    if (!this.#snapshot) return;
    const rules = rulesOf(this.#snapshot);
    const missed =
      this.#seq === null ? 'A message of the world was missed: no orders are made until it is known.' : null;
    const governed: Rules = { ...rules, inactive: stale ?? missed ?? rules.inactive };
    if (JSON.stringify(governed) === JSON.stringify(this.#governed)) return;
    this.#governed = governed;
    this.#said.put({ type: 'governed', set, ...governed });
  }
}

function refusal(status: number): string {
  if (status === 401)
    return 'takes no such token: see the variable that tokenFrom names, and what the server was started with';
  if (status === 404) return 'is not served there: see the name at the end of its address';
  return `answered ${status}: see its address`;
}
