import assert from 'node:assert/strict';
import { DuckDBInstance } from '@duckdb/node-api';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Commit, NewSegment, NodeRecord } from '../../src/engine/ports/store.js';
import { rowValue, type Column, type Table } from '../../src/sdk/table.js';

/** A folder of its own for `work`, gone afterwards. */
export async function inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'seamless-store-'));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export const EMPTY_COMMIT: Commit = { invalidations: [], segments: [], reuses: [], sources: [] };
export { ALL_TIME } from '../../src/sdk/time/time.js';

export function numbers(values: readonly number[], valid: readonly number[] | null = null): Column {
  return { type: 'number', values: Float64Array.from(values), valid: valid && Uint8Array.from(valid) };
}

export function valueTable(ts: readonly number[], column: Column): Table {
  return { shape: 'value', ts: Float64Array.from(ts), names: ['value'], columns: [column], present: null };
}

export function recordTable(
  ts: readonly number[],
  columns: Readonly<Record<string, Column>>,
  present: readonly number[] | null = null,
): Table {
  return {
    shape: 'record',
    ts: Float64Array.from(ts),
    names: Object.keys(columns),
    columns: Object.values(columns),
    present: present && Uint8Array.from(present),
  };
}

export function segment(fingerprint: string, start: number, end: number, table: Table): NewSegment {
  return { fingerprint, codeHash: `own of ${fingerprint}`, range: { start, end }, table, inputDigests: [] };
}

export function record(node: string, fingerprint: string, parts: Partial<NodeRecord> = {}): NodeRecord {
  return {
    fingerprint,
    codeHash: `own of ${fingerprint}`,
    strategy: 'Momentum',
    node,
    kind: 'node',
    interval: 60,
    phase: 0,
    calendar: null,
    inputs: [],
    label: 'node',
    parts: () => [],
    ...parts,
  };
}

/** The rows of a table, so that two can be compared whatever their masks look like; numbers by their bits. */
export function rowsOf(table: Table): unknown[] {
  return Array.from(table.ts, (ts, index) => [ts, exact(rowValue(table, index))]);
}

/** A value with its numbers as bits, so that 0 differs from -0. */
export function exact(value: unknown): unknown {
  if (typeof value === 'number') return bitsOf(value);
  if (value === null || typeof value !== 'object') return value;
  return Object.entries(value).map(([key, each]) => [key, exact(each)]);
}

function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return `${value} ${view.getBigUint64(0).toString(16)}`;
}

/** Runs a statement on a database file, as any other client of DuckDB would that is where the project is. */
export async function query(file: string, sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  try {
    await connection.run(`SET file_search_path = '${dirname(dirname(file))}'`);
    return (await connection.runAndReadAll(sql)).getRowObjectsJS();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** It is the checkpoint that rewrites what was stored. */
export async function checkpoint(file: string): Promise<void> {
  await query(file, 'CHECKPOINT');
}

/** For what must not be told. */
export function unexpected(text: string): void {
  assert.fail(text);
}

/** Names of the packs of a cache, in the order in which they were written. */
export function packsIn(dir: string): string[] {
  const folder = join(dir, 'packs');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.parquet')) : [];
  return names.sort((a, b) => statSync(join(folder, a)).mtimeMs - statSync(join(folder, b)).mtimeMs);
}

/** Overwrites a part of a pack, found by its bytes, which lie there as in memory. */
export function overwriteInPacks(dir: string, wanted: Uint8Array): void {
  for (const name of packsIn(dir)) {
    const path = join(dir, 'packs', name);
    const bytes = readFileSync(path);
    const at = bytes.indexOf(wanted);
    if (at < 0) continue;
    bytes.fill(0xff, at, at + wanted.length);
    writeFileSync(path, bytes);
    return;
  }
  assert.fail('no pack has these bytes');
}
