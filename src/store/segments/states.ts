import { createHash } from 'node:crypto';
import type { ScanState } from '../../engine/ports/host.js';
import { setDamageAside } from '../upkeep/damage.js';
import type { StoreContext } from './interned.js';
import { STATE_BLOCK_BYTES, STATE_POSITION } from '../duckdb/schema.js';
import type { PlacedCell } from './seal.js';
import { listParameter, unnestNumbers } from '../duckdb/sql.js';

/** Bytes of the digest before a state. */
const DIGEST_BYTES = 16;

/** The state after a segment as it is stored: a digest, then its bytes. Not under the segment's seal: rows are read without it. */
export function stateCells(segment: number, state: ScanState): PlacedCell[] {
  const bytes = Buffer.concat([digestOf(segment, state), state]);
  return Array.from({ length: Math.ceil(bytes.length / STATE_BLOCK_BYTES) }, (_, block) => {
    const data = bytes.subarray(block * STATE_BLOCK_BYTES, (block + 1) * STATE_BLOCK_BYTES);
    return { position: STATE_POSITION, block, data, valid: null };
  });
}

/** See `NodeStore.readStates`. @throws DamageFound when one is not there, or not as it was stored. */
export async function readStates(
  context: StoreContext,
  segments: readonly number[],
): Promise<readonly ScanState[]> {
  if (segments.length === 0) return [];
  const blocks = new Map<number, Uint8Array[]>();
  await context.session.selectBlobs(
    `SELECT segment, position, block, data, valid FROM cells JOIN (SELECT ${unnestNumbers(1, 'INTEGER')} AS wanted)
       ON segment = wanted
     WHERE segment BETWEEN ${Math.min(...segments)} AND ${Math.max(...segments)} AND position = ${STATE_POSITION}`,
    [listParameter(new Set(segments))],
    ([segment, , block], data) => {
      const found = blocks.get(segment) ?? [];
      if (data) found[block] = data;
      blocks.set(segment, found);
    },
  );
  const states = segments.map((segment) => {
    const bytes = Buffer.concat((blocks.get(segment) ?? []).filter(Boolean));
    const state = Uint8Array.from(bytes.subarray(DIGEST_BYTES));
    return digestOf(segment, state).equals(bytes.subarray(0, DIGEST_BYTES)) ? state : null;
  });
  const damaged = segments.filter((_, index) => states[index] === null);
  if (damaged.length > 0) throw await setDamageAside(context, { segments: damaged, axes: [] });
  return states.filter((state) => state !== null);
}

/** Of a state in its place. */
function digestOf(segment: number, state: ScanState): Buffer {
  return createHash('sha1').update(`${segment}\n`).update(state).digest().subarray(0, DIGEST_BYTES);
}
