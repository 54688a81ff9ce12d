import { isDeepStrictEqual } from 'node:util';
import type { OpenStream, SourceLibrary, SourceReader } from '../../../src/engine/ports/source.js';
import { RowBuilder } from '../../../src/hosts/typescript/compute/rows/rows.js';
import { SeamlessError } from '../../../src/sdk/errors.js';
import type { Table } from '../../../src/sdk/table.js';
import type { Range } from '../../../src/sdk/time/time.js';
import { closeOf } from './slots.js';
import type { Spec, StreamSpec } from './spec.js';
import type { Row } from './values.js';

/** Where a source breaks: the table that it does not give any more, or an answer. */
export interface Break {
  readonly pick: number;
  readonly where: 'open' | 'version' | 'bounds' | 'read';
  readonly after: number;
}

/** Rows to a table that a source gives. */
const BATCH = 7;

const versions = new WeakMap<readonly Row[], string>();
const writings = new Map<string, WeakRef<readonly Row[]>>();
let written = 0;

/** Each writing of a source is a version of its own, also with the same rows. */
function versionOf(rows: readonly Row[]): string {
  const known = versions.get(rows) ?? `written ${++written}`;
  versions.set(rows, known);
  writings.set(known, new WeakRef(rows));
  return known;
}

/** The earliest open among the rows behind those that both writings begin with. */
function sameUntil(before: readonly Row[] | undefined, now: readonly Row[]): number {
  if (!before) return -Infinity;
  const differs = now.findIndex((row, at) => !isDeepStrictEqual(row, before[at]));
  const same = differs < 0 ? now.length : differs;
  return Math.min(before[same]?.ts ?? Infinity, now[same]?.ts ?? Infinity);
}

export class WorldSources implements SourceLibrary {
  readonly #specs: readonly Spec[];
  readonly #broken: { readonly stream: number; readonly where: Break['where'] } | null;
  #left: number;

  constructor(specs: readonly Spec[], breaks: Break | null = null) {
    this.#specs = specs;
    const streams = specs.flatMap(({ kind }, index) => (kind === 'stream' ? [index] : []));
    const stream = breaks && streams[breaks.pick % streams.length];
    this.#broken = breaks && { stream: stream as number, where: breaks.where };
    this.#left = breaks?.after ?? 0;
  }

  open({ node, name }: OpenStream): Promise<SourceReader> {
    const spec = this.#specs[node] as StreamSpec;
    const { rows } = spec;
    const gives = (where: Break['where']): void => {
      if (this.#broken?.stream !== node || this.#broken.where !== where || this.#left-- > 0) return;
      throw new SeamlessError('source', `The source of ${name} does not answer.`, { node: name });
    };
    const answer = <T>(where: Break['where'], value: T): Promise<T> =>
      Promise.resolve().then(() => {
        gives(where);
        return value;
      });
    const [first, last] = [rows[0]?.ts, rows.at(-1)?.ts];
    const bounds = first === undefined || last === undefined ? null : { first, last };
    return answer('open', {
      whole: spec.whole,
      version: () => answer('version', spec.tells ? versionOf(rows) : null),
      boundsByVersion: spec.tells,
      sameUntil: (before) => Promise.resolve(sameUntil(writings.get(before)?.deref(), rows)),
      bounds: () => answer('bounds', bounds),
      async *read(range: Range) {
        const inside = rows.filter(({ ts }) => ts >= range.start && ts < range.end);
        for (let at = 0; at < inside.length; at += BATCH)
          yield await answer('read', tableOf(spec, inside.slice(at, at + BATCH)));
        // Also what has no rows can fail to be read.
        await answer('read', null);
      },
    });
  }
}

export function tableOf(spec: StreamSpec, rows: readonly Row[]): Table {
  const opens = Float64Array.from(rows, ({ ts }) => ts);
  const builder = new RowBuilder({ node: 'source', opens, expected: null });
  for (const { ts, value } of rows) builder.add(closeOf(ts, spec), value);
  return builder.finish();
}
