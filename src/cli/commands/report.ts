import { relative, resolve } from 'node:path';
import { writeFile } from 'node:fs/promises';

import { reportPieces } from '../../client/report-pieces.js';
import { countNumbers, metricNumbers, percent } from '../../present/report/numbers.js';
import { MOST_SYMBOLS, reportPage } from '../../present/report/page.js';
import { cautions, modeText, monthNames, stateText } from '../../present/report/words.js';
import { visible } from '../../present/visible.js';
import { projectRootOf } from '../../protocol/project.js';
import { messageOf, SeamlessError } from '../../sdk/errors.js';
import { cacheDirOf, type CommonFlags } from '../cache-dir.js';
import { EXIT } from '../exit-codes.js';
import { formatTable, painter, right, type Paint } from '../table.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';
import type { TradingReport } from '../../protocol/live-results.js';

interface ReportFlags extends CommonFlags {
  readonly html?: boolean;
  readonly out?: string;
}

/** `seamless report <run>` */
export async function runReport(terminal: Terminal, run: string, flags: ReportFlags): Promise<number> {
  const { out, cwd, env } = terminal;
  if (flags.html && flags.json)
    throw new SeamlessError('usage', 'Either --html or --json: leave one of them out.');
  if (flags.out !== undefined && !flags.html)
    throw new SeamlessError('usage', '--out names the file of --html: add --html, or redirect the output.');
  const projectRoot = projectRootOf(cwd);
  const cacheDir = cacheDirOf(cwd, projectRoot, flags);
  const { report, prices } = await withJobs(terminal, (jobs, options) =>
    reportPieces(
      (kind, payload) => jobs.request(kind, payload, options),
      { projectRoot, cacheDir, run },
      flags.html ? MOST_SYMBOLS : 0,
    ),
  );
  if (flags.json) out.write(`${JSON.stringify(report, null, 2)}\n`);
  else if (flags.html) {
    const path = resolve(cwd, flags.out ?? `${run}.html`);
    await write(path, reportPage(report, prices, 'en'));
    out.write(`Report written to ${visible(relative(cwd, path) || path)}\n`);
  } else out.write(reportText(report, painter(out, env)));
  return EXIT.done;
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const why = messageOf(error);
    throw new SeamlessError('usage', `${path} cannot be written (${why}): name another file with --out.`);
  }
}

function reportText(report: TradingReport, paint: Paint): string {
  const { strategy, world, mode, state, run, outcome, years } = report;
  const head = `${paint('bold', strategy)} in ${visible(world)} (${modeText(mode)}): ${stateText(state)}\n`;
  const notes = cautions(report).map((sentence) => `${visible(sentence)}\n`);
  if (!outcome) return [head, ...notes].join('');
  const numbers = [...countNumbers(outcome), ...metricNumbers(outcome.metrics)];
  const months = ['year', ...[...monthNames(), 'whole year'].map(right)];
  const returns = years.map(({ year, months: each, total }) => [
    String(year),
    ...each.map((value) => (value === null ? '' : percent(value, 1))),
    percent(total, 1),
  ]);
  return [
    head,
    ...notes,
    '\n',
    formatTable(
      ['what', right('value')],
      numbers.map(({ name, value }) => [name, value]),
      paint,
    ),
    '\n',
    formatTable(months, returns, paint),
    `\nrun ${visible(run)}\n`,
  ].join('');
}
