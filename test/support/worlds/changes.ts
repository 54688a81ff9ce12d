import fc from 'fast-check';
import { TICK } from '../../../src/sdk/time/time.js';
import { ceilTo, nextOpen } from './slots.js';
import { MINUTES, ORIGIN, type NodeSpec, type Spec, type StreamSpec } from './spec.js';
import { EMITS, mixNumber, valueFrom, type Emits, type Row } from './values.js';

const NODE_CHANGES = [
  'values',
  'values',
  'text',
  'text',
  'since',
  'fail',
  'period',
  'swap',
  'emits',
  'coarse',
] as const;
const SOURCE_CHANGES = [
  'correct',
  'insert',
  'delete',
  'prepend',
  'behead',
  'truncate',
  'append',
  'empty',
  'rewrite',
] as const;

export interface Change {
  readonly kind: (typeof NODE_CHANGES)[number] | (typeof SOURCE_CHANGES)[number] | 'rewording' | 'undo';
  readonly pick: number;
  readonly at: number;
}

const changeOf = (kinds: readonly Change['kind'][]): fc.Arbitrary<Change> =>
  fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat(), at: fc.nat() });

export const changeArbitrary: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: changeOf(NODE_CHANGES) },
  { weight: 4, arbitrary: changeOf(SOURCE_CHANGES) },
  { weight: 2, arbitrary: changeOf(['undo']) },
);

function isNodeChange(kind: Change['kind']): boolean {
  return kind === 'rewording' || (NODE_CHANGES as readonly string[]).includes(kind);
}

/** The specs after a change, which is not an undo. */
export function changed(specs: readonly Spec[], change: Change): readonly Spec[] {
  const kind = isNodeChange(change.kind) ? 'node' : 'stream';
  const fitting = specs.flatMap((spec, index) => (spec.kind === kind ? [index] : []));
  const index = fitting[change.pick % fitting.length];
  return specs.map((spec, at) => {
    if (at !== index) return spec;
    return spec.kind === 'node' ? changedNode(spec, change) : { ...spec, rows: changedRows(spec, change) };
  });
}

function changedNode(spec: NodeSpec, { kind, at }: Change): NodeSpec {
  const { code, inputs } = spec;
  const moment = ceilTo(ORIGIN + (at % (MINUTES * spec.unit)), {
    interval: spec.interval,
    phase: 0,
    calendar: null,
  });
  switch (kind) {
    case 'values':
      return { ...spec, code: { ...code, seed: at % 3, since: null } };
    case 'text':
      return { ...spec, code: { ...code, text: at % 3 } };
    case 'rewording':
      return { ...spec, code: { ...code, text: code.text + 1 } };
    case 'since':
      return { ...spec, code: { ...code, seed: 1 + (at % 2), since: moment } };
    case 'fail':
      return { ...spec, code: { ...code, failsAt: code.failsAt === null ? moment : null, failsOn: 0 } };
    case 'period':
      return {
        ...spec,
        inputs: inputs.map((input, i) => (i === 0 ? { ...input, period: 1 + (at % 6) } : input)),
      };
    case 'swap':
      return { ...spec, inputs: [...inputs].reverse() };
    case 'emits':
      return { ...spec, emits: EMITS[at % EMITS.length] as Emits };
    default:
      return { ...spec, coarse: [0, 2, 5][at % 3] as number };
  }
}

export function changedRows(spec: StreamSpec, { kind, at }: Change): readonly Row[] {
  const { rows, interval, calendar, emits } = spec;
  const index = at % Math.max(1, rows.length);
  const first = rows[0]?.ts ?? ceilTo(ORIGIN, spec);
  const last = rows.at(-1)?.ts ?? nextOpen(first, spec, -1);
  const ticks = interval === TICK;
  const later = (open: number, slots: number): number => {
    if (ticks) return Math.round(open * 1e6 + slots * 375_000) / 1e6;
    let at = open;
    for (let slot = 0; slot < Math.abs(slots); slot++) at = nextOpen(at, spec, slots > 0 ? 1 : -1);
    return at;
  };
  const fresh = (ts: number): Row => ({ ts, value: valueFrom(mixNumber(at, ts), emits) });
  switch (kind) {
    case 'correct':
      return rows.map((row, i) => (i === index ? fresh(row.ts) : row));
    case 'delete':
      return rows.filter((_, i) => i !== index);
    case 'prepend':
      return [
        ...Array.from({ length: 1 + (at % 4) }, (_, i) => fresh(later(first, i - 1 - (at % 4)))),
        ...rows,
      ];
    case 'behead':
      return rows.slice(1 + (at % 7));
    case 'truncate':
      return rows.slice(0, Math.max(0, rows.length - 1 - (at % 9)));
    case 'append':
      return [
        ...rows,
        ...Array.from({ length: 1 + (at % 5) }, (_, i) => fresh(later(last, (ticks ? 0 : 1) + i + (at % 2)))),
      ];
    case 'empty':
      return at % 4 === 0 ? [] : rows;
    case 'rewrite':
      return rows.map((row) => ({ ...row }));
    default: {
      // Sessions have a third of the slots that there is time for.
      const slots = (last - first) / interval / (calendar ? 6 : 1);
      const ts = later(first, at % Math.max(1, Math.round(slots)));
      return !ticks && rows.some((row) => row.ts === ts)
        ? rows
        : [...rows, fresh(ts)].sort((a, b) => a.ts - b.ts);
    }
  }
}
