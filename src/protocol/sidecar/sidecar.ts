import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunReport } from '../../engine/run/reporting/report.js';
import { builtFile } from '../built-file.js';
import { cacheState } from '../project.js';
import type { StrategyRef } from '../payloads.js';
import { folderState, stillHolds, type Evidence } from './evidence.js';

/*
 * Beside the catalog lies, for each strategy that was found complete, what that rests on and the report. As long as all of it
 * holds, a terminal answers from it, and starts neither a bundler nor a child nor DuckDB. See docs/decisions/sidecar.md.
 */

/** Raised when a sidecar says something else than before. */
const FORMAT = 1;

/** As long as a run over the same range notes no use of the cache either. */
const VALID_MS = 3_600_000;

const FOLDER = 'hits';
const PACKS = 'packs';

/** What was asked. */
export interface Asked {
  readonly strategy: StrategyRef;
  readonly start: number;
  readonly end: number;
}

interface Sidecar {
  readonly format: number;
  readonly asked: Asked;
  readonly program: string;
  readonly writtenAt: number;
  /** The catalog and the packs, as the file system has them. */
  readonly cache: string;
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

async function cacheText(dir: string): Promise<string> {
  return `${await cacheState(dir)} ${folderState(join(dir, PACKS))}`;
}

function pathOf(dir: string, asked: Asked): string {
  const key = createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 32);
  return join(dir, FOLDER, `${key}.json`);
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
  const path = pathOf(dir, asked);
  const cache = await cacheText(dir);
  const sidecar: Sidecar = {
    format: FORMAT,
    asked,
    program: programText(),
    writtenAt: Date.now(),
    cache,
    evidence,
    report,
  };
  const text = JSON.stringify(sidecar);
  mkdirSync(dirname(path), { recursive: true });
  for (const name of readdirSync(dirname(path))) {
    const other = join(dirname(path), name);
    if (parsed(other)?.cache !== cache) rmSync(other, { force: true });
  }
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${digestOf(text)}\n${text}`);
  renameSync(draft, path);
}

/** The report of what was asked, where all that it rests on still holds; null where a run has to tell. */
export async function readSidecar(dir: string, asked: Asked): Promise<RunReport | null> {
  try {
    const sidecar = parsed(pathOf(dir, asked));
    if (!sidecar || JSON.stringify(sidecar.asked) !== JSON.stringify(asked)) return null;
    const age = Date.now() - sidecar.writtenAt;
    if (age < 0 || age >= VALID_MS) return null;
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

/** A sidecar as it was written, to the last byte; null where it is not there, damaged or of another format. */
function parsed(path: string): Sidecar | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  const end = text.indexOf('\n');
  if (end < 0 || text.slice(0, end) !== digestOf(text.slice(end + 1))) return null;
  const sidecar = JSON.parse(text.slice(end + 1)) as Sidecar;
  return sidecar.format === FORMAT ? sidecar : null;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
