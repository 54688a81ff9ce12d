import type { RunReport } from '../engine/run/reporting/report.js';
import { ERROR_CODES, type ErrorCode } from '../sdk/errors.js';

export const EXIT = { done: 0, failed: 1, usage: 2, source: 3, cancelled: 130 } as const;

export const EXIT_CODES_HELP = `Exit codes:
  0    done; ranges before or after the data are reported as such
  1    a node failed or is blocked, one of several sources is refused, verify found a difference, or the strategy or the cache cannot be used
  2    wrong usage: an argument, a range, a strategy or a node that is not there
  3    source data is missing, refused, or wholly outside the range
  130  cancelled`;

const USAGE: ReadonlySet<string> = new Set<ErrorCode>(['usage', 'not-found', 'range', 'time']);
const SOURCE: ReadonlySet<string> = new Set<ErrorCode>(['source', 'source-row', 'outside-data']);

/** The exit code for an error with a message for people; recognized by its fields, since its class may be loaded twice. */
export function codeOf(error: unknown): ErrorCode | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return ERROR_CODES.find((each) => each === code) ?? null;
}

export function exitCodeOfError(error: unknown): number {
  const code = codeOf(error);
  if (code === null) return EXIT.failed;
  if (code === 'cancelled') return EXIT.cancelled;
  if (USAGE.has(code)) return EXIT.usage;
  return SOURCE.has(code) ? EXIT.source : EXIT.failed;
}

/** The exit code of a completed run: 3 when only sources failed and nothing could run, 1 for any other failure. */
export function exitCodeOfReport({ nodes, blocked }: Pick<RunReport, 'nodes' | 'blocked'>): number {
  const failures = nodes.flatMap(({ failure, state }) => (failure && state === 'failed' ? [failure] : []));
  if (failures.length === 0) return blocked > 0 ? EXIT.failed : EXIT.done;
  const nothingRan = nodes.every(({ state }) => state === 'failed' || state === 'blocked');
  return nothingRan && failures.every(({ code }) => SOURCE.has(code)) ? EXIT.source : EXIT.failed;
}
