import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import type { Seconds } from '../../sdk/time/time.js';
import { sourceError } from '../faults.js';
import { copyOfArrow, isArrow } from '../arrow/arrow.js';
import { literalPath } from './database.js';
import {
  contentHash,
  fileSignature,
  findFiles,
  hashBefore,
  PARQUET_FILES,
  readingOf,
  refuseChanged,
  watchedPaths,
  withFolders,
  type FileContext,
  type SourceFile,
} from '../files.js';
import { Options, type TimeOptions } from '../options.js';
import { symbolOptions, type OneSymbol } from '../universe/symbols.js';
import { OnceAsked } from '../universe/once.js';
import { RelationReader } from './relation-reader.js';
import type { RelationSource, RowReading } from './relation-source.js';
import { symbolRowsOf, type SymbolRows } from './symbol-rows.js';
import { bordersOf, firstOpenFrom, type Border, type KnownBorder } from './row-groups.js';
import { sqlText } from '../../sdk/sql-text.js';

/** The last borders of a content, kept in `hints` under its version. */
const keptBorders = v.object({
  reading: v.string(),
  borders: v.array(
    v.object({
      end: v.number(),
      rows: v.number(),
      footer: v.string(),
      hash: v.string(),
      after: v.nullable(v.number()),
    }),
  ),
});

/** The border before the last row group, which grows, and the one after it. */
const KEPT_BORDERS = 2;

/** @throws SeamlessError `source` when no file is there or an option is wrong. */
export async function openParquet(stream: OpenStream, context: FileContext): Promise<SourceReader> {
  const options = new Options(stream);
  const told = options.paths();
  const time = options.time();
  const one = symbolOptions(options, true);
  // Folders that name a universe's symbols are no column.
  const partitions = options.raw('partitions') !== false;
  options.finish();
  const paths = await withFolders(context, told, PARQUET_FILES);
  const files = await findFiles(stream, context, paths);
  return new RelationReader(
    stream,
    context.database,
    new ParquetFiles(stream, context, paths, files, { time, one, partitions }),
  );
}

interface ParquetSettings {
  readonly time: TimeOptions;
  readonly one: OneSymbol | null;
  /** Whether folders such as `year=2024` are a column. */
  readonly partitions: boolean;
}

class ParquetFiles implements RelationSource {
  readonly shown: string;
  readonly sort = false;
  readonly time: TimeOptions;
  readonly one: OneSymbol | null;
  readonly files: readonly string[];
  readonly #stream: OpenStream;
  readonly #context: FileContext;
  readonly #files: readonly SourceFile[];
  readonly #partitions: boolean;
  /** Signatures of the files at the first look, in their order. */
  #signatures: readonly string[] | null = null;
  #version: string | null = null;
  /** Content hashes from that time. */
  #contents: string[] = [];
  /** A single file's borders from that time; null: not asked for yet. */
  #ownBorders: Promise<readonly Border[]> | null = null;

  constructor(
    stream: OpenStream,
    context: FileContext,
    paths: readonly string[],
    files: readonly SourceFile[],
    { time, one, partitions }: ParquetSettings,
  ) {
    this.one = one;
    this.#stream = stream;
    this.#context = context;
    this.#files = files;
    this.shown = paths.join(', ');
    this.time = time;
    this.files = watchedPaths(context.projectRoot, paths, files);
    this.#partitions = partitions;
  }

  async from(): Promise<string> {
    await this.#refuseWideDecimals();
    return parquetFrom(this.#stream, this.#context, this.#files, this.#partitions);
  }

  /** @throws SeamlessError `source` for decimals of more digits than DuckDB has, of which it would make other numbers */
  async #refuseWideDecimals(): Promise<void> {
    const [file] = this.#files;
    if (!file || isArrow(this.#stream, file)) return;
    const key = await fileSignature(this.#stream, this.#context.projectRoot, file);
    const path = sqlText(literalPath(file.path));
    const wide = await wideDecimals.get(this.#context, key, async () => {
      // A file that cannot be opened is refused when it is read.
      const rows = await this.#context.database
        .rows(
          `SELECT name, precision::INTEGER AS digits FROM parquet_schema(${path}) WHERE precision > 38 LIMIT 1`,
        )
        .catch(() => []);
      return rows.map(({ name, digits }) => `${String(name)} of decimals with ${String(digits)} digits`);
    });
    if (wide[0] === undefined) return;
    throw sourceError(
      this.#stream,
      `${file.shown} has a column ${wide[0]}, and at most 38 are read: write it as a double, or as decimals of 38 digits.`,
    );
  }

  async version(before?: string | null): Promise<string> {
    const { projectRoot, hints } = this.#context;
    const sha = createHash('sha256');
    const signatures: string[] = [];
    this.#contents = [];
    this.#ownBorders = null;
    for (const file of this.#files) {
      const { hash, signature } = await contentHash(this.#stream, projectRoot, file, hints, () =>
        this.#ends(file, before),
      );
      sha.update(`${hash}\n`);
      signatures.push(signature);
      this.#contents.push(hash);
    }
    this.#signatures = signatures;
    this.#version = `sha256:${sha.digest('hex')}:${readingOf(this.time)}`;
    return this.#version;
  }

  /** What a universe's streams share; null: a single stream, or one that may be repaired. */
  symbols(): SymbolRows | null {
    if (!this.one || this.#signatures === null || this.time.conformance === 'permissive') return null;
    const table = JSON.stringify([this.#files.map(({ path }) => path), this.#partitions]);
    const content = JSON.stringify([this.#version, this.#signatures]);
    return symbolRowsOf(this.#context.database, table, content, () => this.finish());
  }

  /** A file that grew begins with the old row groups, byte for byte. */
  async sameUntil(before: string, reading: RowReading): Promise<Seconds> {
    const [file] = this.#files;
    const known = this.#kept(before);
    const same = before.split(':')[2] === this.#version?.split(':')[2] && known?.reading === reading.digest;
    if (!same || !file || this.#files.length > 1 || this.one) return -Infinity;
    const { database } = this.#context;
    const now = await this.#borders(file);
    for (const border of known.borders.toReversed()) {
      const here = now.find(
        ({ end, rows, footer }) => end === border.end && rows === border.rows && footer === border.footer,
      );
      if (!here || (await this.#hashBefore(file, border.end)) !== border.hash) continue;
      const after = await firstOpenFrom(database, file.path, reading, border.rows, now);
      // All earlier bars are before the border, in both versions.
      return Math.min(border.after ?? Infinity, after ?? Infinity);
    }
    return -Infinity;
  }

  async remember(reading: RowReading): Promise<void> {
    const [file] = this.#files;
    if (!file || this.#files.length > 1 || this.#version === null || this.one) return;
    if (this.#kept(this.#version)?.reading === reading.digest) return;
    const { database, hints } = this.#context;
    const borders: KnownBorder[] = [];
    const all = await this.#borders(file);
    for (const border of all.slice(-KEPT_BORDERS)) {
      const hash = await this.#hashBefore(file, border.end);
      const after = await firstOpenFrom(database, file.path, reading, border.rows, all);
      if (hash !== null) borders.push({ ...border, hash, after });
    }
    // Content of another version must not be kept under this one.
    await this.finish();
    hints.set(bordersKey(this.#version), JSON.stringify({ reading: reading.digest, borders }));
  }

  #kept(version: string): v.InferOutput<typeof keptBorders> | null {
    const text = this.#context.hints.get(bordersKey(version));
    return text === undefined ? null : v.parse(keptBorders, JSON.parse(text));
  }

  /** Positions for which `#hashBefore` will be asked. */
  async #ends(file: SourceFile, before: string | null | undefined): Promise<readonly number[]> {
    if (this.#files.length > 1) return [];
    const known = before ? (this.#kept(before)?.borders ?? []) : [];
    // A damaged file is reported when it is read.
    const own = await this.#borders(file).catch(() => [] as const);
    return [...known, ...own.slice(-KEPT_BORDERS)].map(({ end }) => end);
  }

  /** Asked for once per version. An Arrow file has none: it is always read whole. */
  #borders(file: SourceFile): Promise<readonly Border[]> {
    this.#ownBorders ??= isArrow(this.#stream, file)
      ? Promise.resolve([])
      : bordersOf(this.#context.database, file.path);
    return this.#ownBorders;
  }

  #hashBefore(file: SourceFile, end: number): Promise<string | null> {
    return hashBefore(this.#stream, file, this.#context.hints, this.#contents[0] ?? '', end);
  }

  async finish(): Promise<void> {
    for (const [index, file] of this.#files.entries()) {
      const signature = this.#signatures?.[index];
      if (signature !== undefined)
        await refuseChanged(this.#stream, this.#context.projectRoot, file, signature);
    }
  }

  explain(message: string): string {
    if (/No magic bytes/i.test(message)) {
      return `${this.shown} is not a Parquet or Arrow file, or is incomplete. Use csvHistory for text.`;
    }
    return `${this.shown} cannot be read as Parquet: ${message}`;
  }
}

/**
 * The FROM clause for Parquet files, or for Parquet copies of Arrow files.
 * @param partitions whether folders such as `year=2024` are a column
 */
export async function parquetFrom(
  stream: OpenStream,
  context: FileContext,
  files: readonly SourceFile[],
  partitions = true,
): Promise<string> {
  const list: string[] = [];
  for (const file of files) list.push(sqlText(literalPath(await readablePath(stream, context, file))));
  // By name, so that types widen to fit all files: by position, the first file's types would narrow the others.
  const apart = partitions ? '' : ', hive_partitioning = false';
  return `read_parquet([${list.join(', ')}], union_by_name = ${files.length > 1}${apart})`;
}

/** The file itself, or the Parquet copy of an Arrow file, made once per content. */
async function readablePath(stream: OpenStream, context: FileContext, file: SourceFile): Promise<string> {
  if (!isArrow(stream, file)) return file.path;
  const { projectRoot, hints, database, scratch } = context;
  const { hash, signature } = await contentHash(stream, projectRoot, file, hints);
  return arrowCopies.get(context, hash, async () => {
    const path = await copyOfArrow(stream, database, scratch, file);
    // Another content must not be kept under this hash.
    await refuseChanged(stream, projectRoot, file, signature);
    return path;
  });
}

const arrowCopies = new OnceAsked<string>();
const wideDecimals = new OnceAsked<readonly string[]>();

function bordersKey(version: string): string {
  return `${version} borders`;
}
