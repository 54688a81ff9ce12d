import type { RunProgress } from '../engine/run/reporting/report.js';
import type { JobClientOptions, RequestOptions } from '../client/job-client.js';
import { painter } from './table.js';
import { ProgressView } from './progress.js';
import type { Jobs, Terminal } from './terminal.js';

interface JobsUse<T> extends Pick<JobClientOptions, 'bundles' | 'loads'> {
  /** Called with the result while the child closes its files. */
  readonly show?: (result: T) => void;
}

/** Runs `work` with a child process, showing progress. Ctrl-C cancels in good order, a second one at once. */
export async function withJobs<T>(
  terminal: Terminal,
  work: (jobs: Jobs, options: RequestOptions, view: ProgressView) => Promise<T>,
  { bundles, loads, show }: JobsUse<T> = {},
): Promise<T> {
  const view = new ProgressView(terminal.err, painter(terminal.err, terminal.env));
  const jobs = await terminal.startJobs({ onLog: (line) => view.log(line), bundles, loads });
  const abort = new AbortController();
  const stopListening = terminal.onInterrupt(() => {
    if (abort.signal.aborted) {
      void jobs.dispose();
      return;
    }
    view.log({ text: 'Cancelling… (Ctrl-C again to stop at once)' });
    abort.abort();
  });
  let gone: Promise<void> | null = null;
  try {
    const options = {
      onProgress: (progress: RunProgress) => view.update(progress),
      signal: abort.signal,
    };
    const result = await work(jobs, options, view);
    view.end();
    gone = jobs.dispose();
    // The channel to the child closes in the next turn of the event loop, while the result is shown.
    await new Promise(setImmediate);
    show?.(result);
    return result;
  } finally {
    view.end();
    stopListening();
    await (gone ?? jobs.dispose());
  }
}
