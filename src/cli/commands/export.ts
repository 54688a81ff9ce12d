import { existsSync } from 'node:fs';
import { extname, relative, resolve } from 'node:path';

import { partialRange } from '../../protocol/project.js';
import type { ExportFormat } from '../../protocol/payloads.js';
import { SeamlessError } from '../../sdk/errors.js';
import { cacheDirOf, type RangeFlags } from '../cache-dir.js';
import { EXIT } from '../exit-codes.js';
import { findStored } from '../find-strategy.js';
import { plural } from '../../present/format.js';
import { shownRowsText } from '../../present/shown-rows.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';
import { visible } from '../../present/visible.js';

interface ExportFlags extends RangeFlags {
  readonly out: string;
  readonly format?: ExportFormat;
  readonly spreadsheet?: boolean;
}

/** `seamless export <strategy> [nodes...] --out <file>` */
export async function runExport(
  terminal: Terminal,
  spec: string,
  nodes: readonly string[],
  flags: ExportFlags,
): Promise<number> {
  const { out, cwd } = terminal;
  const range = partialRange(flags.start, flags.end);
  const format = flags.format ?? formatOf(flags.out);
  if (flags.spreadsheet && format !== 'csv')
    throw new SeamlessError('usage', '--spreadsheet is for CSV: name the file .csv, or add --format csv.');
  const path = resolve(cwd, flags.out);
  const { name, ref } = await findStored(spec, cwd);
  const { projectRoot } = ref;
  const cacheDir = cacheDirOf(cwd, projectRoot, flags);
  const judge = existsSync(ref.file) ? ref : undefined;
  const what = {
    strategy: name,
    judge,
    nodes,
    ...range,
    format,
    path,
    ...(flags.spreadsheet && { spreadsheet: true }),
  };
  const payload = { projectRoot, cacheDir, ...what };
  const report = await withJobs(terminal, (jobs, options) => jobs.request('export', payload, options), {
    loads: false,
  });
  out.write(
    flags.json
      ? `${JSON.stringify(report, null, 2)}\n`
      : `${plural(report.rows, 'row')} written to ${visible(relative(cwd, report.path) || report.path)}\n`,
  );
  for (const { node, version } of report.others)
    terminal.err.write(`${visible(node)}: ${shownRowsText(version)}\n`);
  return EXIT.done;
}

function formatOf(file: string): ExportFormat {
  const extension = extname(file).toLowerCase();
  if (extension === '.csv') return 'csv';
  if (extension === '.parquet') return 'parquet';
  throw new SeamlessError(
    'usage',
    `${file} does not say its format: name it .parquet or .csv, or add --format parquet or --format csv.`,
  );
}
