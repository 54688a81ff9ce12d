import { createHash } from 'node:crypto';
import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import { literalPath, sqlText } from './database.js';
import {
  contentHash,
  findFiles,
  readingOf,
  refuseChanged,
  watchedPaths,
  type FileContext,
  type SourceFile,
} from '../files.js';
import { Options, type TimeOptions } from '../options.js';
import { RelationReader, type RelationSource } from './relation-reader.js';

/** @throws SeamlessError `source` when no file is there or an option is wrong. */
export async function openParquet(stream: OpenStream, context: FileContext): Promise<SourceReader> {
  const options = new Options(stream);
  const paths = options.paths();
  const time = options.time();
  options.finish();
  const files = await findFiles(stream, context, paths);
  return new RelationReader(stream, context.database, new ParquetFiles(stream, context, paths, files, time));
}

class ParquetFiles implements RelationSource {
  readonly from: string;
  readonly shown: string;
  readonly sort = false;
  readonly time: TimeOptions;
  readonly files: readonly string[];
  readonly #stream: OpenStream;
  readonly #context: FileContext;
  readonly #files: readonly SourceFile[];
  /** What the files were when first looked at, in their order. */
  #signatures: readonly string[] | null = null;

  constructor(
    stream: OpenStream,
    context: FileContext,
    paths: readonly string[],
    files: readonly SourceFile[],
    time: TimeOptions,
  ) {
    this.#stream = stream;
    this.#context = context;
    this.#files = files;
    this.shown = paths.join(', ');
    this.time = time;
    this.files = watchedPaths(context.projectRoot, paths, files);
    const list = files.map((file) => sqlText(literalPath(file.path))).join(', ');
    // By name, so that types are widened to what all files hold: by position the first file's types would narrow the others.
    this.from = `read_parquet([${list}], union_by_name = ${files.length > 1})`;
  }

  async version(): Promise<string> {
    const { projectRoot, hints } = this.#context;
    const sha = createHash('sha256');
    const signatures: string[] = [];
    for (const file of this.#files) {
      const { hash, signature } = await contentHash(this.#stream, projectRoot, file, hints);
      sha.update(`${hash}\n`);
      signatures.push(signature);
    }
    this.#signatures = signatures;
    return `sha256:${sha.digest('hex')}:${readingOf(this.time)}`;
  }

  async finish(): Promise<void> {
    for (const [index, file] of this.#files.entries()) {
      const signature = this.#signatures?.[index];
      if (signature !== undefined)
        await refuseChanged(this.#stream, this.#context.projectRoot, file, signature);
    }
  }

  explain(message: string): string {
    if (this.#files.some(({ path }) => /\.(feather|arrow|ipc)$/i.test(path))) {
      return `${this.shown} is an Arrow file, which is not read: convert it with pandas.read_feather('…').to_parquet('….parquet'), and name that.`;
    }
    return `${this.shown} cannot be read as Parquet: ${message}`;
  }
}
