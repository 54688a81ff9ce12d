import { gridOf } from '../../../sdk/time/grid.js';
import type { Table } from '../../../sdk/table.js';
import type { Range } from '../../../sdk/time/time.js';
import { settleNaN } from '../../fingerprint/canonical.js';
import { needOf, type Edge, type GraphNode } from '../../graph/graph.js';
import type { ComputeInput, ComputeRequest, ComputeResult, Schema } from '../../ports/host.js';
import { findFirings, type FiringInput, type Firings } from './firing.js';
import type { Grids } from './grids.js';

/**
 * How a node is evaluated: when it fires, what the host is asked, and how the answer is used. Materialization and the Core Loop
 * share this, which is why they give the same rows.
 */

/** The loaded rows of a node's inputs. */
export interface AtHand {
  readonly nodes: readonly GraphNode[];
  /** Rows of an input, ascending and contiguous from the first row that a firing looks back at. */
  readonly rows: (edge: Edge) => Table;
}

/** The firings of a node in the slots with an open in a range. */
export function firingsOf(node: GraphNode, range: Range, { nodes, rows }: AtHand, grids: Grids): Firings {
  const inputs = node.edges.map((edge): FiringInput => ({
    ...gridOf(nodes[edge.node] as GraphNode),
    lookback: needOf(edge),
    ...(edge.span !== undefined && { span: edge.span }),
    ...(edge.gather && { gather: edge.gather }),
    ts: rows(edge).ts,
  }));
  return findFirings(node, range, inputs, grids);
}

/** The request to a host for these firings. @param expected columns that the node has emitted so far */
export function requestOf(
  node: GraphNode,
  { opens, asOf, ends }: Firings,
  { nodes, rows }: AtHand,
  expected: Schema | null,
): ComputeRequest {
  const inputs = node.edges.map((edge, position): ComputeInput => ({
    table: rows(edge),
    interval: (nodes[edge.node] as GraphNode).interval,
    end: ends[position] as Int32Array,
    period: edge.period,
    lookback: edge.lookback,
    ...(edge.span !== undefined && { span: edge.span }),
    ...(edge.gather && { gather: edge.gather }),
  }));
  return { node: node.index, interval: node.interval, opens, asOf, inputs, expected };
}

/** Normalizes bits that may differ without meaning. */
export function settled({ opens }: ComputeRequest, result: ComputeResult): ComputeResult {
  const table = settleNaN(result.table);
  // Nodes of one grid share its times.
  const full = table.ts.length === opens.length && table.ts.length > 0;
  return full && table.ts !== opens ? { ...result, table: { ...table, ts: opens } } : result;
}

/** The columns of a table. */
export function schemaOf(table: Table): Schema {
  return { shape: table.shape, names: table.names, types: table.columns.map((column) => column.type) };
}

/** A node's columns after another table. An all-null column has no type yet. */
export function widerSchema(known: Schema | null, schema: Schema): Schema {
  const open = !known || known.types.includes('null');
  return open && !(known && schema.types.every((type) => type === 'null')) ? schema : known;
}
