import { followRun } from '../live/journal/follow.js';
import { JournalReader } from '../live/journal/journal.js';
import { runFolder } from '../live/journal/runs.js';
import type { BrokerSaid } from '../live/feed/broker-said.js';
import type { Payload } from '../protocol/payloads.js';
import type { Broker } from '../sdk/live/broker.js';
import type { RunEvent, RunResult } from '../sdk/live/live.js';
import { linkBroker } from './broker-link.js';
import { Growing, STOP_PATIENCE_MS } from './growing.js';
import type { JobClient, RequestOptions } from './job-client.js';

interface BegunRun {
  readonly answer: Promise<RunResult>;
  /** Its events from the first on; each reader gets all of them. */
  readonly events: AsyncIterable<RunEvent>;
}

/**
 * Asks a child for a run, follows its journal, and links a live run to its broker.
 * @param before number of the last event before this process
 * @param over called once the run has ended, before its events do
 */
export function beginRun(
  jobs: Pick<JobClient, 'request'>,
  payload: Payload<'run'> & { readonly cacheDir: string },
  options: RequestOptions,
  { before, broker, onTrouble, over }: BegunOptions,
): BegunRun {
  const { run, cacheDir } = payload;
  const growth = new Growing();
  const ended = new AbortController();
  let tell: (said: BrokerSaid) => void = () => undefined;
  const answer = jobs
    .request('run', payload, {
      ...options,
      onWritten: () => growth.tell(),
      onBegun: (begun) => (tell = begun),
      patienceMs: STOP_PATIENCE_MS,
    })
    .finally(async () => {
      ended.abort();
      await over?.();
      growth.end();
    });
  const events = { [Symbol.asyncIterator]: () => followRun(runFolder(cacheDir, run), growth) };
  if (broker) void linkBroker({ run, broker, events, before, tell, onTrouble, signal: ended.signal });
  return { answer, events };
}

interface BegunOptions {
  readonly before: number;
  /** Null or undefined: the run is not live. */
  readonly broker: Broker | null | undefined;
  readonly onTrouble: (text: string) => void;
  readonly over?: () => Promise<void>;
}

/** Number of the last event in a run's journal; 0: it has none. */
export function lastSeq(cacheDir: string, run: string): number {
  let last = 0;
  for (const { seq, events } of new JournalReader(runFolder(cacheDir, run)).all())
    last = seq + events.length - 1;
  return last;
}
