import * as v from 'valibot';
import type { PartChange } from '../../engine/fingerprint/changes.js';
import type { NodeStatus } from '../../engine/plan/status.js';
import { count, failure, list, spans, type SchemaOf } from '../shapes.js';
import { alike, packAlike, type Alike } from './alike.js';
import { describedNode, unfired } from './reports.js';

const change: SchemaOf<PartChange> = v.object({
  what: v.string(),
  kind: v.picklist(['code', 'value', 'parameter', 'inputs', 'upstream', 'engine']),
  file: v.nullable(v.string()),
  before: v.nullable(v.string()),
  after: v.nullable(v.string()),
  text: v.string(),
});

/** A status as it crosses. */
interface SentStatus extends Omit<NodeStatus, 'inputs'> {
  readonly windows: readonly Omit<NodeStatus['inputs'][number], 'name'>[];
  /** The positions of its inputs. */
  readonly reads: readonly number[];
}

/** In what members of a family differ. */
const OWN = ['name', 'symbol', 'rows', 'fingerprint', 'reads'] as const;

const { inputs: _inputs, ...described } = describedNode.entries;

/** Statuses of nodes, as `packStatuses` sends them. */
const fields: { readonly [K in keyof SentStatus]-?: SchemaOf<SentStatus[K]> } = {
  ...described,
  windows: list(v.object({ period: v.number(), span: v.exactOptional(v.number()) })),
  reads: list(count),
  family: v.optional(v.string()),
  symbol: v.optional(v.string()),
  fingerprint: v.string(),
  state: v.picklist(['fresh', 'partial', 'stale', 'empty']),
  change: v.nullable(v.picklist(['own', 'upstream', 'source', 'unhashable'])),
  rows: count,
  coverage: spans,
  reused: spans,
  earlier: spans,
  unavailable: spans,
  notYet: spans,
  unfired: v.nullable(unfired),
  reason: v.string(),
  failure: v.nullable(failure),
  changes: v.array(change),
};

export const nodeStatuses: SchemaOf<readonly NodeStatus[]> = v.pipe(
  alike<SentStatus>(fields, OWN),
  v.check(
    (nodes) =>
      nodes.every(
        ({ windows, reads }) => windows.length === reads.length && reads.every((at) => at < nodes.length),
      ),
    'Expected inputs among the nodes',
  ),
  v.transform((nodes) =>
    nodes.map(({ windows, reads, ...node }) => ({
      ...node,
      inputs: windows.map((window, at) => ({ name: nodes[reads[at] ?? 0]?.name ?? '', ...window })),
    })),
  ),
);

export function packStatuses(nodes: readonly NodeStatus[]): Alike {
  const positions = new Map(nodes.map(({ name }, at) => [name, at]));
  const shared = Object.keys(fields).filter((name) => name !== 'windows' && name !== 'reads');
  const { rests, at, columns } = packAlike(
    nodes,
    shared as (keyof NodeStatus)[],
    ['name', 'symbol', 'rows', 'fingerprint'],
    (a, b) => sameWindows(a.inputs, b.inputs),
  );
  const reads = nodes.map(({ inputs }) => inputs.map(({ name }) => positions.get(name) ?? -1));
  return {
    rests: rests.map(({ inputs: _names, ...rest }, index) => ({
      ...rest,
      windows: windowsOf(rests[index] as NodeStatus),
    })),
    at,
    columns: { ...columns, reads },
  };
}

function windowsOf({ inputs }: NodeStatus): SentStatus['windows'] {
  return inputs.map(({ name: _name, ...window }) => window);
}

function sameWindows(a: NodeStatus['inputs'], b: NodeStatus['inputs']): boolean {
  return (
    a.length === b.length &&
    a.every(({ period, span }, at) => period === b[at]?.period && span === b[at].span)
  );
}
