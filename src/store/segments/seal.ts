import { createHash } from 'node:crypto';
import type { Schema } from '../../engine/ports/host.js';
import type { Cell } from './codec.js';

/** Hexadecimal digits of a seal: 128 bits. */
const SEAL_LENGTH = 32;

/** What a segment says of itself, besides its packed values. */
export interface SegmentFacts {
  readonly id: number;
  /** The node it was computed for; others may have adopted it. */
  readonly fp: number;
  readonly own: string;
  readonly start: number;
  readonly end: number;
  readonly rows: number;
  /** Of its rows (`tableDigest`). */
  readonly digest: string;
  /** JSON of the digests of what was read to compute it. */
  readonly inputDigests: string;
}

/** A cell with its place in a segment. */
export interface PlacedCell extends Cell {
  /** Of the column, or that of the mask of present rows. */
  readonly position: number;
  readonly block: number;
}

/**
 * Digest of a segment as it is packed, with its times, columns and all that it is found and adopted by. DuckDB's checksums tell
 * of a block that is not what was written there; this also tells of one that was never written, or belongs elsewhere. It guards
 * against accidents, not against forgers, so the fastest hash that every build of Node and Electron has will do.
 * @param cells by position, then by block.
 */
export function sealOf(
  facts: SegmentFacts,
  schema: Schema,
  axisDigest: string,
  cells: Iterable<PlacedCell>,
): string {
  const { id, fp, own, start, end, rows, digest, inputDigests } = facts;
  const { shape, names, types } = schema;
  const hash = createHash('sha1');
  hash.update(
    JSON.stringify([id, fp, own, start, end, rows, digest, inputDigests, shape, types, axisDigest]),
  );
  // As UTF-8, not as JSON: a lone surrogate in a name comes back as U+FFFD.
  for (const name of names) hash.update(`\n${name.length} ${name}`);
  for (const { position, block, data, valid } of cells) {
    hash.update(`\n${position} ${block} ${data.byteLength} ${valid?.byteLength ?? -1}\n`).update(data);
    if (valid) hash.update(valid);
  }
  return hash.digest('hex').slice(0, SEAL_LENGTH);
}
