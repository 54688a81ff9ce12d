import { floorToGrid } from '../../src/sdk/time/time.js';
import type { Toy, ToyNode, ToyRow, ToyStream } from './toy-strategy.js';

export const ORIGIN = 1_700_006_400;
export const MINUTES = 300;

/** Bars with made-up values; of each, `holes` is the chance that it is missing. */
export function bars(interval: number, holes: number, seed: number, minutes = MINUTES): ToyRow[] {
  const rows: ToyRow[] = [];
  let state = seed;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  for (let ts = ORIGIN; ts < ORIGIN + minutes * 60; ts += interval) {
    if (random() >= holes) rows.push({ ts, value: Math.floor(random() * 1e6) / 64 });
  }
  return rows;
}

export const CHANGES = [
  'edit',
  'fail',
  'correct',
  'insert',
  'delete',
  'prepend',
  'behead',
  'truncate',
  'extend',
] as const;

/** Edits a node, or what a source holds. */
export function change(toys: readonly Toy[], kind: (typeof CHANGES)[number], pick: number, at: number): void {
  if (kind === 'edit' || kind === 'fail') {
    const nodes = toys.filter((toy): toy is ToyNode => toy.kind === 'node');
    const node = nodes[pick % nodes.length] as ToyNode;
    if (kind === 'edit') node.seed = at % 3;
    else
      node.failsAt =
        node.failsAt === null ? floorToGrid(ORIGIN + (at % (MINUTES * 60)), node.interval, 0) : null;
    return;
  }
  const streams = toys.filter((toy): toy is ToyStream => toy.kind === 'stream');
  const stream = streams[pick % streams.length] as ToyStream;
  stream.rows = changedRows(stream, kind, at);
}

export function changedRows({ rows, interval }: ToyStream, kind: string, at: number): readonly ToyRow[] {
  const index = at % Math.max(1, rows.length);
  const [first, last] = [rows[0]?.ts ?? ORIGIN, rows.at(-1)?.ts ?? ORIGIN];
  const fresh = (ts: number): ToyRow => ({ ts, value: (at % 1000) / 16 });
  switch (kind) {
    case 'correct':
      return rows.map((row, i) => (i === index ? fresh(row.ts) : row));
    case 'delete':
      return rows.filter((_, i) => i !== index);
    case 'prepend':
      return [fresh(first - interval * (1 + (at % 3))), ...rows];
    case 'behead':
      return rows.slice(Math.min(rows.length - 1, at % 5));
    case 'truncate':
      return rows.slice(0, Math.max(1, rows.length - 1 - (at % 5)));
    case 'extend':
      return [...rows, fresh(last + interval * (1 + (at % 3)))];
    default: {
      const ts = first + (at % Math.max(1, (last - first) / interval)) * interval;
      return rows.some((row) => row.ts === ts) ? rows : [...rows, fresh(ts)].sort((a, b) => a.ts - b.ts);
    }
  }
}

/** One stream of minutes and one scan over it, with the bars that its steps were called for. */
export function pair(
  scan: NonNullable<ToyNode['scan']>,
  rows: readonly ToyRow[],
  period = 1,
): [ToyStream, ToyNode] {
  return [
    { kind: 'stream', interval: 60, leastHistory: 1, rows, whole: true },
    { kind: 'node', interval: 60, inputs: [{ node: 0, period }], seed: 3, sparse: 0, failsAt: null, scan },
  ];
}
