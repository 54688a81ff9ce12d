import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { WebSocket } from 'ws';
import type { Seconds } from '../../sdk/time/time.js';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/** Pauses between attempts to connect, each longer than the one before. */
export class Pauses {
  #ms = FIRST_WAIT_MS;

  /** The connection is there. */
  reset(): void {
    this.#ms = FIRST_WAIT_MS;
  }

  /** Ends early with the signal. Random, so that many runs that lost one exchange do not come back at once. */
  async next(signal: AbortSignal): Promise<void> {
    await sleep(this.#ms * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    this.#ms = Math.min(LONGEST_WAIT_MS, this.#ms * 2);
  }
}

/** A function, because TypeScript would take the earlier answer for the current one. */
export function stopped(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** @param maxPayload bytes of the largest message that is read */
export function openSocket(
  {
    url,
    token,
    silence,
  }: { readonly url: string; readonly token?: string | undefined; readonly silence: Seconds },
  maxPayload: number,
): WebSocket {
  return new WebSocket(url, {
    maxPayload,
    handshakeTimeout: silence * 1000,
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });
}

/** A message by its schema, or why it is none: a text. */
export function understood<T extends object>(schema: v.GenericSchema<unknown, T>, data: Buffer): T | string {
  let json: unknown;
  try {
    json = JSON.parse(data.toString('utf8'));
  } catch {
    return 'not JSON';
  }
  const outcome = v.safeParse(schema, json, { abortEarly: true });
  if (outcome.success) return outcome.output;
  const path = v.getDotPath(outcome.issues[0]);
  return `${path === null ? '' : `${path}: `}${outcome.issues[0].message}`;
}
