import { projectRootOf } from '../../protocol/project.js';
import type { Result } from '../../protocol/results.js';
import type { RowValue } from '../../sdk/table.js';
import { formatRange, formatTime } from '../../sdk/time/time.js';
import { cacheDirOf, type CommonFlags } from '../cache-dir.js';
import { EXIT } from '../exit-codes.js';
import { formatCount } from '../../present/format.js';
import { valueText } from '../../present/values.js';
import { visible } from '../../present/visible.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';

/** `seamless parity <run>` */
export async function runParity(terminal: Terminal, run: string, flags: CommonFlags): Promise<number> {
  const { out, cwd } = terminal;
  const projectRoot = projectRootOf(cwd);
  const cacheDir = cacheDirOf(cwd, projectRoot, flags);
  const report = await withJobs(terminal, (jobs, options) =>
    jobs.request('parity', { projectRoot, cacheDir, run }, options),
  );
  out.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : parityText(report));
  return report.differing === 0 ? EXIT.done : EXIT.failed;
}

function parityText({ strategy, range, nodes, rows, notYet, differing, first }: Result<'parity'>): string {
  const [start, end] = range;
  const about = `${strategy} ${formatRange({ start, end })}: ${formatCount(rows)} rows of ${nodes} nodes`;
  const open =
    notYet > 0 ? ` ${formatCount(notYet)} rows after the last bar of an input cannot be compared yet.` : '';
  if (!first) return `${about} are the same live and materialized, bit for bit.${open}\n`;
  const shown = (value: RowValue | undefined): string =>
    value === undefined ? 'no row' : visible(valueText(value));
  return `${about}, ${formatCount(differing)} differ. The first is ${visible(first.node)} at the bar ${formatTime(first.ts)}: live ${shown(first.live)}, materialized ${shown(first.materialized)}.${open}\n`;
}
