import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunReport } from '../../engine/run/reporting/report.js';
import { builtFile } from '../built-file.js';
import type { StrategyRef } from '../payloads.js';
import { stillHolds, type Evidence } from './evidence.js';
import { cacheText, HITS, isRecent, readKept, writeKept, type Kept } from './kept-file.js';

/*
 * Beside the catalog lies, for each strategy that was found complete, what that rests on and the report. As long as all of it
 * holds, a terminal answers from it, and starts neither a bundler nor a child nor DuckDB. See docs/decisions/sidecar.md.
 */

/** Raised when a sidecar says something else than before. */
const FORMAT = 1;

/** What was asked. */
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

/** Files that the program is made of: a chunk of it has its content in its name. */
const PARTS = ['cli.js', 'child.js', 'index.js', 'strategy-worker.js', 'sdk-texts.json'];

/** Variables of the environment that change what Node, the bundler or Seamless do, whatever a strategy reads. */
const COUNTS = /^(?:NODE_|SEAMLESS_|ESBUILD_|UV_|LD_|DYLD_|ICU_|OPENSSL_)/;

/** A text of all that the program itself brings to an answer. */
function programText(): string {
  const parts = PARTS.map((name) => readFileSync(builtFile(name)));
  const sha = createHash('sha256');
  for (const part of parts) sha.update(createHash('sha256').update(part).digest());
  const environment = Object.entries(process.env)
    // Of this process alone: no child gets it.
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
 * Writes a sidecar; those of other states of the cache go. To be called by who has the cache to itself, after its last change.
 * @throws what the file system has to say.
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

/** The report of what was asked, where all that it rests on still holds; null where a run has to tell. */
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
    // Whatever cannot be looked at: a run says what is wrong with it.
    return null;
  }
}
