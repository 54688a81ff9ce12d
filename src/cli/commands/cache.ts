import { resolve } from 'node:path';

import { cacheFolder, projectRootOf } from '../../job/project.js';
import type { CacheReport } from '../../job/protocol.js';
import { EXIT } from '../exit-codes.js';
import { formatBytes, formatCount } from '../../present/format.js';
import { formatTable, painter, type Paint } from '../table.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';

export interface CacheFlags {
  readonly cache?: string;
  readonly json?: boolean;
}

/** `seamless cache [show|clear] [strategy]` */
export async function runCache(
  terminal: Terminal,
  action: 'show' | 'clear',
  strategy: string | undefined,
  flags: CacheFlags,
): Promise<number> {
  const { out, env, cwd } = terminal;
  const projectRoot = projectRootOf(cwd);
  const cacheDir = cacheFolder(projectRoot, flags.cache && resolve(cwd, flags.cache));
  const report = await withJobs(terminal, (jobs, options) =>
    jobs.request('cache', { projectRoot, cacheDir, action, strategy }, options),
  );
  if (flags.json) out.write(`${JSON.stringify(report, null, 2)}\n`);
  else if (action === 'clear') out.write(`${formatBytes(report.freed)} freed; ${totalOf(report)}\n`);
  else out.write(cacheText(report, painter(out, env)));
  return EXIT.done;
}

/** What a cache holds, as a person reads it. */
export function cacheText(report: CacheReport, paint: Paint): string {
  const columns = [
    { title: 'strategy' },
    { title: 'node' },
    { title: 'rows', align: 'right' as const },
    { title: 'size', align: 'right' as const },
  ];
  const rows = report.strategies.flatMap(({ strategy, nodes, rows: all, bytes }) => [
    [paint('bold', strategy), '', formatCount(all), formatBytes(bytes)],
    ...nodes.map((node) => ['', node.name, formatCount(node.rows), formatBytes(node.bytes)]),
  ]);
  const table = rows.length > 0 ? `${formatTable(columns, rows, paint)}\n` : '';
  return `${table}${totalOf(report)}\n`;
}

function totalOf({ file, bytes }: CacheReport): string {
  return file === null ? 'there is no cache yet' : `${formatBytes(bytes)} in ${file}`;
}
