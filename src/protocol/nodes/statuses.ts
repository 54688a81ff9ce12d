import * as v from 'valibot';
import type { PartChange } from '../../engine/fingerprint/changes.js';
import type { NodeStatus } from '../../engine/plan/status.js';
import {
  count,
  counts,
  failure,
  list,
  listsOfCounts,
  spans,
  texts,
  textsOrAbsent,
  type SchemaOf,
} from '../shapes.js';
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
const OWN = {
  name: texts,
  symbol: textsOrAbsent,
  rows: counts,
  fingerprint: texts,
  reads: listsOfCounts,
};

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

const isShown = (name: string): name is keyof NodeStatus => name !== 'windows' && name !== 'reads';
const SHOWN = Object.keys(fields).filter(isShown);
const OWN_SHOWN = Object.keys(OWN).filter(isShown);

export const nodeStatuses = alike<SentStatus, NodeStatus>(fields, OWN, {
  name: 'inputs',
  of: ['windows', 'reads'],
  fits({ windows }, { name, reads }, index) {
    const inputs = reads[index] ?? [];
    return inputs.length === windows.length && inputs.every((input) => input < name.length);
  },
  from({ windows }, { name, reads }, index) {
    const inputs = reads[index] ?? [];
    return windows.map(({ period, span }, at) => {
      const input = name[inputs[at] ?? 0] ?? '';
      return span === undefined ? { name: input, period } : { name: input, period, span };
    });
  },
});

export function packStatuses(nodes: readonly NodeStatus[]): Alike {
  const positions = new Map(nodes.map(({ name }, at) => [name, at]));
  const { rests, at, columns } = packAlike(nodes, SHOWN, OWN_SHOWN, (a, b) =>
    sameWindows(a.inputs, b.inputs),
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
