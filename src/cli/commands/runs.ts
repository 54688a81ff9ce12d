import { eventsOf } from '../../live/journal/codec.js';
import { JournalReader } from '../../live/journal/journal.js';
import { removeRun, runFolder, summaries, summaryOf, type RunSummary } from '../../live/journal/runs.js';
import { eventLine } from '../../present/run.js';
import { projectRootOf } from '../../protocol/project.js';
import { SeamlessError } from '../../sdk/errors.js';
import { cacheDirOf, type CommonFlags } from '../cache-dir.js';
import { EXIT } from '../exit-codes.js';
import { formatTable, painter, right, type Paint } from '../table.js';
import type { Terminal } from '../terminal.js';
import { resultText } from './run.js';
import { visible } from '../../present/visible.js';

type Action = 'list' | 'show' | 'compare' | 'remove';

/** `seamless runs [action] [runs...]` */
export function runRuns(
  { out, cwd, env }: Terminal,
  action: Action,
  runs: readonly string[],
  flags: CommonFlags,
): Promise<number> {
  const cacheDir = cacheDirOf(cwd, projectRootOf(cwd), flags);
  const paint = painter(out, env);
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const named = (least: number): readonly string[] => {
    if (runs.length >= least) return runs;
    const what = least === 1 ? 'a run' : `${least} runs`;
    throw new SeamlessError('usage', `seamless runs ${action} needs the name of ${what}: see seamless runs.`);
  };
  switch (action) {
    case 'list': {
      const all = summaries(cacheDir);
      out.write(flags.json ? json(all) : listText(all, paint));
      break;
    }
    case 'show':
      for (const run of named(1))
        out.write(flags.json ? json(summaryOf(cacheDir, run)) : showText(cacheDir, run, paint));
      break;
    case 'compare': {
      const all = named(2).map((run) => summaryOf(cacheDir, run));
      out.write(flags.json ? json(all) : compareText(all, paint));
      break;
    }
    case 'remove':
      for (const run of named(1)) {
        removeRun(cacheDir, run);
        out.write(flags.json ? json({ removed: run }) : `removed ${run}\n`);
      }
  }
  return Promise.resolve(EXIT.done);
}

function listText(all: readonly RunSummary[], paint: Paint): string {
  if (all.length === 0) return 'No runs yet: seamless run <strategy> --world <name> starts one.\n';
  const columns = ['run', 'strategy', 'mode', 'state', right('fills'), right('return')];
  const rows = all.map(({ run, strategy, mode, state, result }) => [
    run,
    strategy,
    mode ?? '',
    state,
    result ? String(result.fills) : '',
    result ? `${(result.metrics.totalReturn * 100).toFixed(2)} %` : '',
  ]);
  return formatTable(columns, rows, paint);
}

function showText(cacheDir: string, run: string, paint: Paint): string {
  const { strategy, world, mode, state, problem, result } = summaryOf(cacheDir, run);
  const lines: string[] = [];
  for (const line of new JournalReader(runFolder(cacheDir, run)).all()) {
    for (const event of eventsOf(line)) {
      const text = eventLine(event);
      if (text !== null) lines.push(`${visible(text)}\n`);
    }
  }
  const ending = result
    ? resultText(result, paint)
    : `\n${strategy} in ${world} (${mode}): ${state}${problem === null ? '' : `, ${problem}`}\n`;
  return [...lines, ending].join('');
}

function compareText(all: readonly RunSummary[], paint: Paint): string {
  const columns = ['what', ...all.map(({ run }) => right(run))];
  const whats = ['mode', 'state', 'fills', 'fees', 'equity', 'total return', 'Sharpe', 'max drawdown'];
  const cells = all.map(({ mode, state, result }) => [
    mode ?? '',
    state,
    ...(result
      ? [
          String(result.fills),
          result.fees.toFixed(2),
          result.equity.toFixed(2),
          `${(result.metrics.totalReturn * 100).toFixed(2)} %`,
          result.metrics.sharpe?.toFixed(2) ?? '–',
          `${(result.metrics.maxDrawdown * 100).toFixed(2)} %`,
        ]
      : whats.slice(2).map(() => '')),
  ]);
  return formatTable(
    columns,
    whats.map((what, i) => [what, ...cells.map((column) => column[i] ?? '')]),
    paint,
  );
}
