import type { RunEvent } from '../../sdk/live/live.js';
import { eventsOf } from './codec.js';
import { JournalReader } from './journal.js';

/** Tells when a journal has grown, and when it will not grow any more. */
export interface Growth {
  readonly ended: boolean;
  next(): Promise<void>;
}

/** The events of a run, from the first on, as its journal grows. It is read by the block: memory stays flat. */
export async function* followRun(folder: string, growth: Growth): AsyncGenerator<RunEvent, undefined> {
  const reader = new JournalReader(folder);
  for (;;) {
    // Asked before reading: what is written in between is told.
    const { ended } = growth;
    const grown = growth.next();
    const lines = reader.read();
    for (const line of lines) yield* eventsOf(line);
    if (lines.length > 0) continue;
    if (ended) return;
    await grown;
  }
}
