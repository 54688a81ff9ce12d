import { eventsOf } from '../../../src/live/journal/codec.js';
import { JournalReader } from '../../../src/live/journal/journal.js';
import { runFolder } from '../../../src/live/journal/runs.js';
import type { RunEvent } from '../../../src/sdk/live/live.js';
import { Child, type Project } from '../../support/project.js';

/** A run of a project's strategy, in a process that may be killed. */
export interface Killable {
  readonly at: Project;
  readonly world: string;
  readonly run: string;
  /** Goes on with the run. */
  readonly resume: boolean;
}

/** Runs until the journal was written so often, then kills the process at once. Says whether it came to its end before. @throws what ended it otherwise */
export async function killedAfter(writes: number, { at, world, run, resume }: Killable): Promise<boolean> {
  const child = new Child();
  const { pid } = child.client;
  let written = 0;
  const payload = {
    strategy: at.strategy('main.ts'),
    world,
    cacheDir: at.cacheDir,
    run,
    ...(resume && { resume: true as const }),
  };
  const killing = new AbortController();
  try {
    await child.client.request('run', payload, {
      onWritten: () => {
        written += 1;
        if (written !== writes || pid === undefined) return;
        killing.abort();
        process.kill(pid, 'SIGKILL');
      },
    });
    return true;
  } catch (error) {
    if (!killing.signal.aborted) throw error;
    return false;
  } finally {
    await child.end();
  }
}

export function journalOf(at: Project, run: string): RunEvent[] {
  return [...new JournalReader(runFolder(at.cacheDir, run)).all()].flatMap(eventsOf);
}
