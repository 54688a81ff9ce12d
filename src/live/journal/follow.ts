import type { RunEvent } from '../../sdk/live/live.js';
import { eventsOf } from './codec.js';
import { JournalReader } from './journal.js';

/** Notifies of new lines in a journal, and of its end. */
export interface Growth {
  readonly ended: boolean;
  next(): Promise<void>;
}

/** The events of a run from the first on, as its journal grows. Read block by block, so memory stays flat. */
export async function* followRun(folder: string, growth: Growth): AsyncGenerator<RunEvent, undefined> {
  const reader = new JournalReader(folder);
  for (;;) {
    // Before reading, so that lines written meanwhile are not missed.
    const { ended } = growth;
    const grown = growth.next();
    const lines = reader.read();
    for (const line of lines) yield* eventsOf(line);
    if (lines.length > 0) continue;
    if (ended) return;
    await grown;
  }
}
