import type { OpenStream } from '../engine/ports/source.js';
import { sourceError } from './faults.js';
import type { SourceFile } from './files.js';

/** First bytes of files that are not text, and what to do with such files. */
const KINDS: readonly {
  readonly starts: Buffer;
  readonly what: string;
  readonly way: (path: string) => string;
}[] = [
  { starts: Buffer.from('PAR1'), what: 'a Parquet file', way: byParquetHistory },
  { starts: Buffer.from('ARROW1'), what: 'a Feather or Arrow file', way: byParquetHistory },
  {
    starts: Buffer.from('FEA1'),
    what: 'a Feather file of version 1',
    way: (path) => converted('feather', path),
  },
  { starts: Buffer.from('89484446', 'hex'), what: 'an HDF5 file', way: (path) => converted('hdf', path) },
  { starts: Buffer.from('d0cf11e0', 'hex'), what: 'an Excel file', way: savedAsCsv },
  { starts: Buffer.from('SQLite format 3'), what: 'an SQLite database', way: savedAsCsv },
  { starts: Buffer.from([0x80, 0x04]), what: 'a pickle of Python', way: (path) => converted('pickle', path) },
  { starts: Buffer.from([0x80, 0x05]), what: 'a pickle of Python', way: (path) => converted('pickle', path) },
];

/** This many bytes show a file's kind. */
export const KIND_BYTES = 16;

/** @throws SeamlessError `source` for a file that is no text, naming what reads it */
export function refuseOtherKinds(stream: OpenStream, { shown }: SourceFile, start: Buffer): void {
  const kind = KINDS.find(({ starts }) => start.subarray(0, starts.length).equals(starts));
  if (kind) throw sourceError(stream, `${shown} is ${kind.what}, not text: ${kind.way(shown)}.`);
}

function byParquetHistory(path: string): string {
  return `read it with parquetHistory(${JSON.stringify(path)})`;
}

function converted(format: string, path: string): string {
  const [from, to] = [JSON.stringify(path), JSON.stringify(`${path}.parquet`)];
  return `convert it with pandas.read_${format}(${from}).to_parquet(${to}), and read that with parquetHistory(${to})`;
}

function savedAsCsv(): string {
  return 'save the table with the bars as CSV, and name that file';
}
