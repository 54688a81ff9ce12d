import { createHash } from 'node:crypto';
import { statSync, type BigIntStats, type Stats } from 'node:fs';
import { open, readdir, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { OpenStream } from '../engine/ports/source.js';
import { nearNames, SeamlessError } from '../sdk/errors.js';
import { isSettled } from '../sdk/file-stamps.js';
import { literalPath, type Database } from './sql/database.js';
import type { Scratch } from './scratch.js';
import { refuseEndless, refuseEndlessFiles } from './endless.js';
import { sourceError } from './faults.js';
import { sqlText } from '../sdk/sql-text.js';

/** Remembers content hashes between runs, by the file's `stat` signature. A `Map` will do. */
export interface ContentHints {
  get(signature: string): string | undefined;
  keys(): Iterable<string>;
  set(signature: string, hash: string): unknown;
  /** Called while a file is hashed with the number of bytes done. */
  hashing?(file: string, done: number, total: number): void;
}

/** What file readers share. */
export interface FileContext {
  readonly projectRoot: string;
  readonly database: Database;
  readonly hints: ContentHints;
  /** Cancels requests over a network. */
  readonly signal?: AbortSignal | undefined;
  /** Done when the library is closed. */
  readonly closing?: (() => Promise<void>)[];
  readonly scratch: Scratch;
}

/** A file of a source: as its author wrote it, and where it is. */
export interface SourceFile {
  readonly shown: string;
  readonly path: string;
}

/** Raised when the same bytes are read as other rows. */
const READING = 4;

/** Everything except the bytes that decides how a file is read, as one text. */
export function readingOf(settings: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([READING, settings]))
    .digest('hex')
    .slice(0, 16);
}

/** The absolute path for a path in a stream. @throws SeamlessError `source` for a network address */
function resolveSource(stream: OpenStream, projectRoot: string, path: string): SourceFile {
  // At least two letters: C:\data is a path.
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    throw sourceError(
      stream,
      `${path} is an address on the network, but a materialization reads files only: download it into the project first.`,
    );
  }
  return { shown: path, path: resolve(projectRoot, path) };
}

/** Changes with the file's size, times and identity. @throws SeamlessError `source` when it is not a file */
export async function fileSignature(
  stream: OpenStream,
  projectRoot: string,
  file: SourceFile,
): Promise<string> {
  return signatureOf(file, await statFile(stream, projectRoot, file));
}

function signatureOf(file: SourceFile, stats: BigIntStats): string {
  return [file.path, stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join('|');
}

/** The size of the file with this signature, in bytes. */
export function sizeIn(signature: string): number {
  return Number(signature.split('|').at(-3));
}

async function statFile(stream: OpenStream, projectRoot: string, file: SourceFile): Promise<BigIntStats> {
  let stats: BigIntStats;
  try {
    // A universe asks several times for each symbol: a promise costs twenty times what the system takes to answer.
    stats = statSync(file.path, { bigint: true });
  } catch (error) {
    throw hasCode(error, 'ENOENT', 'ENOTDIR')
      ? await missingFile(stream, projectRoot, file)
      : unreadableFile(stream, file, error);
  }
  if (stats.isDirectory()) {
    throw sourceError(
      stream,
      `${file.shown} is a folder: name a file in it, or its files by a pattern such as ${file.shown}/*.csv.`,
    );
  }
  await refuseEndless(stream, file.shown, file.path, stats);
  return stats;
}

/** Patterns for the files of a folder, the first that has any counting with those of its list. */
type FolderPatterns = readonly (readonly string[])[];

export const TEXT_FILES: FolderPatterns = [
  ['*.csv', '*.csv.gz', '*.csv.zst', '*.csv.zip'],
  ['*.zip', '*.gz', '*.zst'],
  ['*.tsv', '*.txt'],
];
export const PARQUET_FILES: FolderPatterns = [['**/*.parquet'], ['**/*.pq'], ['**/*.feather', '**/*.arrow']];

/** Paths with each folder as patterns for the files in it; a folder without any stays, and is refused. */
export async function withFolders(
  { projectRoot, database }: FileContext,
  paths: readonly string[],
  patterns: FolderPatterns,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const absolute = resolve(projectRoot, path);
    const isFolder = lookAt(absolute)?.isDirectory() === true;
    found.push(...(isFolder ? await patternsIn(database, path, absolute, patterns) : [path]));
  }
  return found;
}

/** What the system says of a path; null: nothing. */
function lookAt(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

async function patternsIn(
  database: Database,
  shown: string,
  absolute: string,
  patterns: FolderPatterns,
): Promise<readonly string[]> {
  for (const list of patterns) {
    const used: string[] = [];
    for (const pattern of list) {
      const [first] = await database.rows(
        `SELECT file FROM glob(${sqlText(join(literalPath(absolute), pattern))}) LIMIT 1`,
      );
      if (first) used.push(`${shown.replace(/[/\\\\]+$/, '')}/${pattern}`);
    }
    if (used.length > 0) return used;
  }
  return [shown];
}

/** The files that paths and patterns name, each once. @throws SeamlessError `source` when one is missing. */
export async function findFiles(
  stream: OpenStream,
  context: FileContext,
  paths: readonly string[],
): Promise<readonly SourceFile[]> {
  const found = new Map<string, SourceFile>();
  for (const path of paths)
    for (const file of await filesOf(stream, context, path)) found.set(file.path, file);
  return [...found.values()];
}

/** Absolute paths of the files, and of the patterns that found them: what to watch. */
export function watchedPaths(
  projectRoot: string,
  paths: readonly string[],
  files: readonly SourceFile[],
): readonly string[] {
  return [...new Set([...paths.map((path) => resolve(projectRoot, path)), ...files.map(({ path }) => path)])];
}

async function filesOf(
  stream: OpenStream,
  { projectRoot, database }: FileContext,
  shown: string,
): Promise<readonly SourceFile[]> {
  const file = resolveSource(stream, projectRoot, shown);
  if (!/[*?[]/.test(shown) || lookAt(file.path)?.isFile()) {
    await fileSignature(stream, projectRoot, file);
    return [file];
  }
  const absolute = file.path === shown;
  await refuseEndlessFiles(stream, database, [file.path]);
  // Brackets in the project's own path are no pattern.
  const pattern = absolute ? shown : join(literalPath(projectRoot), shown);
  const found = await database.rows(`SELECT file FROM glob(${sqlText(pattern)}) ORDER BY file`);
  if (found.length === 0) throw await missingFile(stream, projectRoot, file);
  return found.map((row) => {
    const path = String(row['file']);
    return { path, shown: absolute ? path : relative(projectRoot, path) };
  });
}

/** The message for a missing file, naming similar ones. */
async function missingFile(
  stream: OpenStream,
  projectRoot: string,
  file: SourceFile,
): Promise<SeamlessError> {
  const siblings = await readdir(dirname(file.path)).catch(() => []);
  const near = nearNames(basename(file.path), siblings);
  const offer = near.length > 0 ? ` In that folder there is ${near.join(', ')}.` : '';
  return sourceError(
    stream,
    `there is no file ${file.shown}: it was looked for at ${file.path}. A relative path starts at the project root, ${projectRoot}.${offer}`,
  );
}

export function unreadableFile(stream: OpenStream, file: SourceFile, error: unknown): SeamlessError {
  if (error instanceof SeamlessError) return error;
  const reason = hasCode(error, 'EACCES', 'EPERM')
    ? 'this user has no permission to read it'
    : error instanceof Error
      ? error.message
      : String(error);
  return sourceError(stream, `${file.shown} cannot be read: ${reason}.`, error);
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/**
 * SHA-256 of a file's bytes, from `hints` where its signature is known.
 * @param ends positions in the file: hashes of the bytes before them are kept as well, for `hashBefore`
 * @returns the hash, and the signature of the file that has it
 */
export async function contentHash(
  stream: OpenStream,
  projectRoot: string,
  file: SourceFile,
  hints: ContentHints,
  ends: () => Promise<readonly number[]> = () => Promise.resolve([]),
): Promise<{ readonly hash: string; readonly signature: string }> {
  const started = Date.now();
  const stats = await statFile(stream, projectRoot, file);
  const signature = signatureOf(file, stats);
  const known = hints.get(signature);
  if (known !== undefined) return { hash: known, signature };
  const told = (done: number): unknown => hints.hashing?.(file.shown, done, Number(stats.size));
  const { hash, before } = await hashesOf(stream, file, await ends(), told);
  for (const [end, part] of before) hints.set(beforeKey(hash, end), part);
  // A file written a moment ago could change without a new time stamp, so its hash is not remembered.
  if (isSettled(stats, started) && (await fileSignature(stream, projectRoot, file)) === signature)
    hints.set(signature, hash);
  return { hash, signature };
}

/** SHA-256 of a file's first `end` bytes, as long as its content hash is `hash`; null if it is shorter. */
export async function hashBefore(
  stream: OpenStream,
  file: SourceFile,
  hints: ContentHints,
  hash: string,
  end: number,
): Promise<string | null> {
  const known = hints.get(beforeKey(hash, end));
  if (known !== undefined) return known;
  const all = await hashesOf(stream, file, [end]);
  const part = all.before.get(end);
  // If the content changed meanwhile, nothing is reported.
  if (part === undefined || all.hash !== hash) return null;
  hints.set(beforeKey(hash, end), part);
  return part;
}

function beforeKey(hash: string, end: number): string {
  return `${hash} before ${end}`;
}

/** Hashes of a file's bytes, and of the bytes before each of these positions. */
async function hashesOf(
  stream: OpenStream,
  file: SourceFile,
  ends: readonly number[],
  told: (done: number) => unknown = () => undefined,
): Promise<{ readonly hash: string; readonly before: ReadonlyMap<number, string> }> {
  const sha = createHash('sha256');
  const before = new Map<number, string>();
  const rest = [...ends].sort((a, b) => a - b);
  let done = 0;
  const update = (bytes: Buffer): void => {
    sha.update(bytes);
    done += bytes.length;
  };
  const chunk = Buffer.allocUnsafe(1 << 20);
  let handle: FileHandle | null = null;
  try {
    handle = await open(file.path);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) break;
      let bytes = chunk.subarray(0, bytesRead);
      for (let [end] = rest; end !== undefined && end <= done + bytes.length; [end] = rest) {
        const length = Math.max(0, end - done);
        update(bytes.subarray(0, length));
        bytes = bytes.subarray(length);
        before.set(end, sha.copy().digest('hex'));
        rest.shift();
      }
      update(bytes);
      told(done);
    }
  } catch (error) {
    throw unreadableFile(stream, file, error);
  } finally {
    await handle?.close();
  }
  return { hash: sha.digest('hex'), before };
}

/** @throws SeamlessError `source` when a file has changed since `signature` was taken */
export async function refuseChanged(
  stream: OpenStream,
  projectRoot: string,
  file: SourceFile,
  signature: string,
): Promise<void> {
  if ((await fileSignature(stream, projectRoot, file)) !== signature) throw changedFile(stream, file);
}

/**
 * A program that rewrites a file empties it first.
 * @throws SeamlessError `source` when a file is empty now that was not before
 */
export async function refuseEmptied(
  stream: OpenStream,
  { projectRoot, hints }: FileContext,
  file: SourceFile,
): Promise<void> {
  const { size } = await statFile(stream, projectRoot, file);
  if (size > 0n) return;
  for (const signature of hints.keys()) {
    if (signature.startsWith(`${file.path}|`) && sizeIn(signature) !== 0) throw changedFile(stream, file);
  }
}

function changedFile(stream: OpenStream, file: SourceFile): SeamlessError {
  return sourceError(stream, `${file.shown} changed while it was being read: run again once it is written.`);
}
