import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { SeamlessError } from '../sdk/errors.js';
import type { Range } from '../sdk/time.js';
import { findNode, listedNodes } from './contents.js';
import { nodesSql, type NodeColumns } from './decode-sql.js';
import { faultOf, messageOf } from './faults.js';
import type { StoreContext } from './interned.js';
import { quoteText } from './sql.js';

export interface ExportRequest {
  readonly strategy: string;
  /** Names of the nodes; none: all of the strategy. */
  readonly nodes: readonly string[];
  /** May be without ends: all that is stored. */
  readonly range: Range;
  readonly format: 'parquet' | 'csv';
  /** The file to write. */
  readonly path: string;
}

export interface ExportedFile {
  readonly path: string;
  readonly rows: number;
}

const OPTIONS: Readonly<Record<ExportRequest['format'], string>> = {
  // Without dictionaries: DuckDB's holds 0 and -0 as one value.
  parquet: 'FORMAT parquet, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 0',
  csv: "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ'",
};

/** See `Store.exportNodes`. The file appears when it is whole. */
export async function exportNodes(context: StoreContext, request: ExportRequest): Promise<ExportedFile> {
  const { strategy, range, format, path } = request;
  const names = request.nodes.length > 0 ? request.nodes : await listedNodes(context, strategy);
  const nodes: NodeColumns[] = [];
  for (const name of names) {
    const found = await findNode(context, strategy, name);
    if (!found) throw unknown(strategy, name);
    nodes.push({ node: name, fp: found.fp, schema: found.schema });
  }
  if (nodes.length === 0) throw unknown(strategy, null);
  const draft = `${path}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const sql = nodesSql(nodes, range);
    const rows = await context.session.select(`COPY (${sql}) TO ${quoteText(draft)} (${OPTIONS[format]})`);
    renameSync(draft, path);
    return { path, rows: rows.numbers('Count')[0] ?? 0 };
  } catch (error) {
    if (existsSync(draft)) rmSync(draft);
    const fault = faultOf(error);
    if (fault !== 'forbidden' && fault !== 'full') throw error;
    throw new SeamlessError(
      'usage',
      `The file ${path} cannot be written (${messageOf(error)}): choose another place.`,
      {
        cause: error,
      },
    );
  }
}

function unknown(strategy: string, node: string | null): SeamlessError {
  const what = node === null ? `nothing of a strategy ${strategy}` : `no node ${node} of ${strategy}`;
  return new SeamlessError('not-found', `The cache holds ${what}: materialize it first.`, {
    node: node ?? undefined,
  });
}
