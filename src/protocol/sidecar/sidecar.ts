import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunReport } from '../../engine/run/reporting/report.js';
import { builtFile } from '../built-file.js';
import type { StrategyRef } from '../payloads.js';
import { stillHolds, type Evidence } from './evidence.js';
import { cacheText, HITS, isRecent, readKept, writeKept, type Kept } from './kept-file.js';

/**
 * Beside the catalog, each complete strategy has a file with its report and everything that depends on. While that is unchanged,
 * a terminal answers from it, without bundler, child or DuckDB. See docs/decisions/sidecar.md.
 */

/** Raised when a sidecar's content changes meaning. */
const FORMAT = 1;

/** The request. */
export interface Asked {
  readonly strategy: StrategyRef;
  readonly start: number;
  readonly end: number;
}

interface Sidecar extends Kept {
  readonly asked: Asked;
  readonly program: string;
  readonly evidence: Evidence;
  readonly report: RunReport;
}

/** The program's files: a chunk has its content hash in its name. */
const PARTS = ['cli.js', 'child.js', 'index.js', 'strategy-worker.js'];

/** Environment variables that affect Node, the bundler or Seamless, whatever a strategy reads. */
const COUNTS = /^(?:NODE_|SEAMLESS_|ESBUILD_|UV_|LD_|DYLD_|ICU_|OPENSSL_)/;

/** Everything that the program itself contributes to an answer, as a text. */
function programText(): string {
  const parts = PARTS.map((name) => readFileSync(builtFile(name)));
  const sha = createHash('sha256');
  for (const part of parts) sha.update(createHash('sha256').update(part).digest());
  const environment = Object.entries(process.env)
    // Specific to this process: no child gets it.
    .filter(([name]) => COUNTS.test(name) && name !== 'NODE_OPTIONS')
    .sort();
  const { platform, arch, versions, execPath } = process;
  sha.update(JSON.stringify([platform, arch, versions, execPath, environment]));
  return sha.digest('hex');
}

function pathOf(dir: string, asked: Asked): string {
  const key = createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 32);
  return join(dir, HITS, `${key}.json`);
}

/**
 * Writes a sidecar and deletes those of other states of the cache. Only for the process that has the cache open, after its last
 * change.
 * @throws the file system's error
 */
export async function writeSidecar(
  dir: string,
  asked: Asked,
  evidence: Evidence,
  report: RunReport,
): Promise<void> {
  const sidecar: Sidecar = {
    format: FORMAT,
    asked,
    program: programText(),
    writtenAt: Date.now(),
    cache: await cacheText(dir),
    evidence,
    report,
  };
  writeKept(pathOf(dir, asked), sidecar);
}

/** The report for a request, if everything it depends on is unchanged; null: a run is needed. */
export async function readSidecar(dir: string, asked: Asked): Promise<RunReport | null> {
  try {
    const sidecar = readKept(pathOf(dir, asked), FORMAT) as Sidecar | null;
    if (!sidecar || JSON.stringify(sidecar.asked) !== JSON.stringify(asked)) return null;
    if (!isRecent(sidecar.writtenAt)) return null;
    const holds =
      sidecar.cache === (await cacheText(dir)) &&
      stillHolds(sidecar.evidence) &&
      sidecar.program === programText();
    return holds ? sidecar.report : null;
  } catch {
    // Unreadable: a run reports what is wrong.
    return null;
  }
}
