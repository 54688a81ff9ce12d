import { INTEGER, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { SeamlessError } from '../../sdk/errors.js';
import type { ColumnType } from '../../sdk/table.js';
import type { Schema } from '../../engine/ports/host.js';
import type { Session } from '../duckdb/session.js';
import { jsonParameter, unnestTexts } from '../duckdb/sql.js';

const COUNTERS = ['fingerprints', 'segments', 'axes', 'schemas', 'parts'] as const;
type Counter = (typeof COUNTERS)[number];

/**
 * The small numbers that stand for long texts, and the next free ones. They can be kept in memory because no other process
 * writes while this one has the file.
 */
export class Interned {
  readonly #session: Session;
  /** Null until something is about to be written: a hit does without. */
  #next: Record<Counter, number> | null = null;
  readonly #fingerprints = new Map<string, number>();
  readonly #schemas = new Map<number, Schema>();
  readonly #schemaIds = new Map<string, number>();

  private constructor(session: Session) {
    this.#session = session;
  }

  static async load(session: Session): Promise<Interned> {
    const interned = new Interned(session);
    await interned.reload();
    return interned;
  }

  /** Forgets all and reads it again: after a transaction came to nothing, or when another process may have written. */
  async reload(): Promise<void> {
    this.#fingerprints.clear();
    this.#schemas.clear();
    this.#schemaIds.clear();
    this.#next = null;
    await this.#loadSchemas();
  }

  /** Finds the next free ids, unless they are known. To be called in a transaction, before anything takes one. */
  async prepare(): Promise<void> {
    if (this.#next) return;
    const rows = await this.#session.select(`
      SELECT (SELECT coalesce(max(id), 0) FROM fingerprints) AS fingerprints,
        (SELECT coalesce(max(id), 0) FROM segments) AS segments,
        (SELECT coalesce(max(id), 0) FROM axes) AS axes,
        (SELECT coalesce(max(id), 0) FROM schemas) AS schemas,
        (SELECT coalesce(max(id), 0) FROM parts) AS parts`);
    const next = { fingerprints: 1, segments: 1, axes: 1, schemas: 1, parts: 1 };
    for (const counter of COUNTERS) next[counter] = (rows.numbers(counter)[0] as number) + 1;
    this.#next = next;
  }

  /** An id that none has had before. */
  take(counter: Counter): number {
    if (this.#next) return this.#next[counter]++;
    throw new SeamlessError('internal', `A new id of ${counter} was wanted outside of a transaction.`);
  }

  /** Ids of the fingerprints that have one. */
  async find(fingerprints: Iterable<string>): Promise<ReadonlyMap<string, number>> {
    const missing = [...new Set(fingerprints)].filter((fingerprint) => !this.#fingerprints.has(fingerprint));
    if (missing.length > 0) {
      const rows = await this.#session.select(
        `SELECT id, fingerprint FROM fingerprints JOIN (SELECT ${unnestTexts(1)} AS wanted) ON fingerprint = wanted`,
        [jsonParameter(missing)],
      );
      this.learn(rows.texts('fingerprint'), rows.numbers('id'));
    }
    return this.#fingerprints;
  }

  /** Takes ids that another statement has found, so that `find` need not look for them. */
  learn(fingerprints: readonly string[], ids: readonly number[]): void {
    fingerprints.forEach((text, row) => this.#fingerprints.set(text, ids[row] as number));
  }

  /** Ids of all the fingerprints, new ones for those without. To be used in a transaction. */
  async intern(fingerprints: Iterable<string>): Promise<ReadonlyMap<string, number>> {
    const wanted = [...new Set(fingerprints)];
    const known = await this.find(wanted);
    const added = wanted
      .filter((text) => !known.has(text))
      .map((text): [number, string] => [this.take('fingerprints'), text]);
    await this.#session.append('fingerprints', [INTEGER, VARCHAR], added);
    for (const [id, text] of added) this.#fingerprints.set(text, id);
    return this.#fingerprints;
  }

  /** Id of each schema, new ones for those without. To be used in a transaction. */
  async internSchemas(schemas: readonly Schema[]): Promise<number[]> {
    const added: [number, Schema][] = [];
    const ids = schemas.map((schema) => {
      const key = keyOf(schema);
      const known = this.#schemaIds.get(key);
      if (known !== undefined) return known;
      const id = this.take('schemas');
      added.push([id, schema]);
      this.#remember(id, schema);
      return id;
    });
    const rows = added.map(([id, { shape, names, types }]) => [
      id,
      shape,
      listValue([...names]),
      listValue([...types]),
    ]);
    await this.#session.append('schemas', [INTEGER, VARCHAR, LIST(VARCHAR), LIST(VARCHAR)], rows);
    return ids;
  }

  findSchema(id: number): Schema | undefined {
    return this.#schemas.get(id);
  }

  schema(id: number): Schema {
    const schema = this.findSchema(id);
    if (schema) return schema;
    throw new SeamlessError('cache', `The cache names columns ${id}, which it does not describe.`);
  }

  async #loadSchemas(): Promise<void> {
    const rows = await this.#session.select(
      'SELECT id, shape, to_json(names)::VARCHAR AS names, to_json(types)::VARCHAR AS types FROM schemas',
    );
    const shapes = rows.texts('shape');
    const names = rows.texts('names');
    const types = rows.texts('types');
    rows.numbers('id').forEach((id, row) => {
      this.#remember(id, {
        shape: shapes[row] === 'record' ? 'record' : 'value',
        names: JSON.parse(names[row] as string) as string[],
        types: JSON.parse(types[row] as string) as ColumnType[],
      });
    });
  }

  #remember(id: number, schema: Schema): void {
    this.#schemas.set(id, schema);
    this.#schemaIds.set(keyOf(schema), id);
  }
}

function keyOf({ shape, names, types }: Schema): string {
  return JSON.stringify([shape, names, types]);
}

/** What every part of the store works on. */
export interface StoreContext {
  readonly session: Session;
  readonly interned: Interned;
}

/** A transaction after whose failure nothing it interned is believed in. */
export async function transact<T>({ session, interned }: StoreContext, work: () => Promise<T>): Promise<T> {
  return session.transaction(
    async () => {
      await interned.prepare();
      return work();
    },
    () => interned.reload(),
  );
}
