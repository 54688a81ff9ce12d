import * as v from 'valibot';
import type { SourceNote } from '../../engine/ports/source-note.js';
import type { NodeReport, Unfired } from '../../engine/run/reporting/report.js';
import {
  count,
  counts,
  failure,
  kind,
  list,
  location,
  spans,
  streamService,
  texts,
  textsOrAbsent,
  type SchemaOf,
} from '../shapes.js';
import { alike, packAlike, type Alike } from './alike.js';

const inputs = list(v.object({ name: v.string(), period: v.number(), span: v.exactOptional(v.number()) }));

/** A node as it is described. */
export const describedNode = v.object({
  name: v.string(),
  kind,
  /** What made it: `csv`, `sma`, `node`. */
  label: v.string(),
  /** In seconds. */
  interval: v.number(),
  /** Inputs by name, with the window's length in bars. */
  inputs,
  location: v.nullable(location),
});

export const unfired: SchemaOf<Unfired> = v.object({
  slots: count,
  of: count,
  missing: list(v.object({ input: v.string(), slots: count })),
  text: v.string(),
});

export const note: SchemaOf<SourceNote> = v.object({
  what: v.string(),
  count,
  example: v.nullable(v.string()),
});

/** In what members of a family differ. */
const OWN = { name: texts, symbol: textsOrAbsent, rows: counts };

/** Reports of nodes, as `packReports` sends them. */
const fields: { readonly [K in keyof NodeReport]-?: SchemaOf<NodeReport[K]> } = {
  name: v.string(),
  kind,
  label: v.string(),
  family: v.optional(v.string()),
  symbol: v.optional(v.string()),
  state: v.picklist(['hit', 'reused', 'computed', 'partial', 'failed', 'blocked', 'stale']),
  interval: v.number(),
  rows: count,
  columns: v.array(v.string()),
  coverage: spans,
  computedRanges: spans,
  reusedRanges: spans,
  unavailable: spans,
  notYet: spans,
  unfired: v.nullable(unfired),
  notes: v.optional(v.array(note)),
  waits: v.optional(v.string()),
  uncached: v.optional(v.string()),
  service: v.optional(streamService),
  reason: v.string(),
  failure: v.nullable(failure),
};
const names = Object.keys(fields) as readonly (keyof NodeReport)[];
const ownNames = Object.keys(OWN) as readonly (keyof typeof OWN)[];

export const nodeReports = alike<NodeReport>(fields, OWN);

export function packReports(nodes: readonly NodeReport[]): Alike {
  return packAlike(nodes, names, ownNames);
}
