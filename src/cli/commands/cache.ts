import { projectRootOf } from '../../protocol/project.js';
import type { CacheLimits } from '../../store/store.js';
import type { CacheReport } from '../../protocol/results.js';
import { SeamlessError } from '../../sdk/errors.js';
import { cacheDirOf, type CommonFlags } from '../cache-dir.js';
import { EXIT } from '../exit-codes.js';
import { byFamily } from '../../present/families.js';
import { formatBytes, formatCount, formatNames } from '../../present/format.js';
import { formatTable, painter, right, type Paint } from '../table.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';
import { visible } from '../../present/visible.js';

interface CacheFlags extends CommonFlags {
  readonly maxSize?: string;
  readonly maxAge?: string;
  readonly yes?: boolean;
}

/** `seamless cache [show|clear|clean|pin|unpin] [strategy] [node]` */
export async function runCache(
  terminal: Terminal,
  action: 'show' | 'clear' | 'clean' | 'pin' | 'unpin',
  strategy: string | undefined,
  node: string | undefined,
  flags: CacheFlags,
): Promise<number> {
  const { out, env, cwd } = terminal;
  const projectRoot = projectRootOf(cwd);
  const cacheDir = cacheDirOf(cwd, projectRoot, flags);
  if (action === 'clean' && strategy !== undefined) {
    throw new SeamlessError(
      'usage',
      `A clean-up covers the whole cache: leave ${strategy} out, or use clear.`,
    );
  }
  const pins = action === 'pin' || action === 'unpin';
  if (pins && strategy === undefined) {
    throw new SeamlessError('usage', `Say what to ${action}: seamless cache ${action} Momentum [node].`);
  }
  if (!pins && node !== undefined) {
    throw new SeamlessError('usage', `${action} works on a whole strategy: leave ${node} out.`);
  }
  const limits = limitsOf(flags);
  const dryRun = action === 'clean' && !flags.yes ? { dryRun: true } : {};
  const report = await withJobs(
    terminal,
    (jobs, options) =>
      jobs.request(
        'cache',
        { projectRoot, cacheDir, action, strategy, ...(pins && { node }), ...limits, ...dryRun },
        options,
      ),
    { loads: false },
  );
  if (flags.json) out.write(`${JSON.stringify(report, null, 2)}\n`);
  else if (action === 'clean' && !flags.yes) {
    out.write(`a clean-up would free ${cleanableOf(report)}; run it with --yes\n${totalOf(report)}\n`);
  } else if (pins) {
    const what = node === undefined ? `all nodes of ${strategy}` : `${node} of ${strategy}`;
    out.write(
      action === 'pin'
        ? `pinned: a clean-up keeps the rows of ${visible(what)}\n`
        : `${visible(what)} may be cleaned up again\n`,
    );
  } else if (action !== 'show') out.write(`${formatBytes(report.freed)} freed; ${totalOf(report)}\n`);
  else out.write(cacheText(report, painter(out, env)));
  return EXIT.done;
}

/** The content of a cache, for a person. */
export function cacheText(report: CacheReport, paint: Paint): string {
  const columns = ['strategy', 'node', right('rows'), right('size')];
  const rows = report.strategies.flatMap(({ strategy, nodes, rows: all, bytes }) => [
    [paint('bold', strategy), '', formatCount(all), formatBytes(bytes)],
    ...familiesAsOne(nodes).map(({ name, pinned, rows: own, bytes: size }) => [
      '',
      pinned ? `${name} (pinned)` : name,
      formatCount(own),
      formatBytes(size),
    ]),
  ]);
  const table = rows.length > 0 ? `${formatTable(columns, rows, paint)}\n` : '';
  const { bytes } = report.cleanable;
  const clean = bytes > 0 ? `a clean-up would free ${cleanableOf(report)}: seamless cache clean\n` : '';
  return `${table}${totalOf(report)}\n${packsOf(report)}${clean}`;
}

type CachedNode = CacheReport['strategies'][number]['nodes'][number];

/** A family's nodes as one, `momentum × 30`, at the place of the first. Pinned if all of them are. */
function familiesAsOne(nodes: readonly CachedNode[]): readonly CachedNode[] {
  return byFamily(nodes).map(({ family, members }) => {
    if (family === null) return members[0];
    return {
      name: `${family} × ${formatCount(members.length)}`,
      rows: members.reduce((sum, { rows }) => sum + rows, 0),
      bytes: members.reduce((sum, { bytes }) => sum + bytes, 0),
      pinned: members.every(({ pinned }) => pinned),
    };
  });
}

function packsOf({ packs: { count, bytes, liveBytes } }: CacheReport): string {
  if (count === 0) return '';
  const live = Math.floor((100 * liveBytes) / Math.max(1, bytes));
  return `${formatCount(count)} ${count === 1 ? 'pack' : 'packs'} of ${formatBytes(bytes)}, ${live} % in use\n`;
}

function cleanableOf({ cleanable: { bytes, strategies } }: CacheReport): string {
  const all = strategies.length > 0 ? `, with all rows of ${formatNames(strategies)}` : '';
  return `about ${formatBytes(bytes)}${all}`;
}

/** @throws SeamlessError `usage` for an invalid size or age */
function limitsOf({ maxSize, maxAge }: CacheFlags): { limits?: CacheLimits } {
  if (maxSize === undefined && maxAge === undefined) return {};
  return {
    limits: {
      ...(maxSize !== undefined && { maxBytes: parseBytes(maxSize) }),
      ...(maxAge !== undefined && { maxAgeDays: parseDays(maxAge) }),
    },
  };
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

function parseBytes(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text.trim()) ?? [];
  const bytes = Number(digits) * (UNITS[unit.toLowerCase()] ?? 1);
  if (bytes > 0) return bytes;
  throw new SeamlessError('usage', `"${text}" is not a size: write 500MB or 2GB.`);
}

function parseDays(text: string): number {
  const days = Number(text);
  if (Number.isFinite(days) && days > 0) return days;
  throw new SeamlessError('usage', `"${text}" is not an age: write a number of days, such as 30.`);
}

function totalOf({ file, bytes }: CacheReport): string {
  return file === null ? 'there is no cache yet' : `${formatBytes(bytes)} in ${file}`;
}
