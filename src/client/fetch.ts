import { builtFile } from '../protocol/built-file.js';
import { columnsOf, rowsOf } from '../protocol/history.js';
import { cacheFolder, projectRootOf } from '../protocol/project.js';
import type { Fetched, FetchOptions } from '../sdk/providers/fetched.js';
import type { DataPresetSpec } from '../sdk/providers/presets.js';
import { parseRange, type TimeInput } from '../sdk/time/time.js';
import { abortSignal } from './abort-signal.js';
import { JobClient } from './job-client.js';
import type { JobPrograms } from './materialize-job.js';
import { print, refuseInHost } from './strategy-of.js';

/** Fetches a preset's bars in a separate process. See `SeamlessDataProvider.fetch`. */
export async function fetchRows(
  preset: string | DataPresetSpec,
  start: TimeInput,
  end: TimeInput,
  { projectRoot = projectRootOf(process.cwd()), cacheDir, signal }: FetchOptions,
  programs: JobPrograms = {},
): Promise<Fetched> {
  refuseInHost('SeamlessDataProvider.fetch()');
  const range = parseRange(start, end);
  const client = JobClient.start({ childPath: programs.childPath ?? builtFile('child.js'), onLog: print });
  try {
    const id = typeof preset === 'string' ? preset : preset.id;
    const { table, ...about } = await client.request(
      'bars',
      {
        projectRoot,
        cacheDir: cacheFolder(projectRoot, cacheDir),
        preset: id,
        ...(typeof preset !== 'string' && { spec: preset }),
        ...range,
      },
      { signal: abortSignal(signal) },
    );
    return {
      ...about,
      rowCount: table.ts.length,
      columns: () => columnsOf(table),
      rows: () => rowsOf(table),
    };
  } finally {
    await client.dispose();
  }
}
