import type { Client, QueryResult } from 'pg';
import type { OpenStream } from '../../engine/ports/source.js';
import { didYouMean, messageOf, SeamlessError } from '../../sdk/errors.js';
import { sourceError } from '../faults.js';
import { Passing, patiently } from '../wire/patience.js';
import type { Secrets } from '../wire/secrets.js';
import type { PostgresSettings } from './settings.js';

/** Cells are numbers, booleans or texts, as the query casts them. */
export type Row = readonly (number | boolean | string | null)[];

/** Error codes of failed or lost connections, which may pass. */
const PASSING =
  /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|57P03|53300|08\w{3})$/;

/** One connection in one transaction, so everything a run reads is from one instant. */
export class Session {
  readonly #stream: OpenStream;
  readonly #settings: PostgresSettings;
  readonly #secrets: Secrets;
  readonly #signal: AbortSignal | undefined;
  #client: Promise<Client> | null = null;
  /** A queue: a connection answers one query at a time. */
  #last: Promise<unknown> = Promise.resolve();
  /** Host and database for messages, without the password. */
  #place = 'PostgreSQL';

  constructor(
    stream: OpenStream,
    settings: PostgresSettings,
    secrets: Secrets,
    signal: AbortSignal | undefined,
  ) {
    this.#stream = stream;
    this.#settings = settings;
    this.#secrets = secrets;
    this.#signal = signal;
    // A running query ends with its connection.
    signal?.addEventListener('abort', () => void this.end(), { once: true });
  }

  /** @throws SeamlessError `source` that says what is wrong and what to do */
  async rows(sql: string): Promise<readonly Row[]> {
    return (await this.query(sql)).rows as Row[];
  }

  async query(sql: string): Promise<QueryResult<unknown[]>> {
    const work = this.#last.then(async () => {
      try {
        const client = await (this.#client ??= this.#connect());
        return await client.query<unknown[]>({ text: sql, rowMode: 'array' });
      } catch (error) {
        throw await this.#explained(error);
      }
    });
    this.#last = work.catch(() => undefined);
    return work;
  }

  async end(): Promise<void> {
    const client = await this.#client?.catch(() => null);
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  #connect(): Promise<Client> {
    const { attempts } = this.#settings;
    return patiently(attempts, this.#signal, () => this.#connectOnce());
  }

  async #connectOnce(): Promise<Client> {
    const { default: pg } = await import('pg');
    const { connection, timeoutMs } = this.#settings;
    const address = this.#secrets.value(connection);
    let client: Client;
    try {
      client = new pg.Client({
        connectionString: address,
        connectionTimeoutMillis: timeoutMs,
        query_timeout: timeoutMs,
        application_name: 'seamless',
      });
    } catch {
      throw sourceError(
        this.#stream,
        `the environment variable ${connection} is no address of a database: write it as postgres://user:password@host:5432/database, with special characters of the password as %40 and the like.`,
      );
    }
    this.#place = `PostgreSQL at ${client.host}:${client.port}/${client.database ?? ''}`;
    if (client.password) this.#secrets.add(client.password);
    // If the connection is lost while idle, the next query reports it.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(
        "SET TIME ZONE 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 1",
      );
      await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    } catch (error) {
      await client.end().catch(() => undefined);
      if (PASSING.test(codeOf(error))) throw new Passing(innerMessage(error));
      throw error;
    }
    return client;
  }

  async #explained(error: unknown): Promise<SeamlessError> {
    if (error instanceof SeamlessError) return error;
    if (this.#signal?.aborted)
      return new SeamlessError('cancelled', 'Cancelled. What was fetched before is kept.');
    this.#client = null;
    return sourceError(this.#stream, this.#secrets.hide(await this.#sentence(error)));
  }

  async #sentence(error: unknown): Promise<string> {
    const { connection, shown, attempts } = this.#settings;
    const message = innerMessage(error);
    if (error instanceof Passing)
      return `${this.#place} cannot be reached (${message}), at ${attempts === 1 ? 'the only attempt' : `each of ${attempts} attempts`}: check that it is up, and the host and port in the environment variable ${connection}. What was fetched before is kept.`;
    switch (codeOf(error)) {
      case '28P01':
      case '28000':
        return `${this.#place} refuses user or password (${message}): correct them in the environment variable ${connection}.`;
      case '3D000':
        return `${this.#place} has no such database: correct its name in the environment variable ${connection}.`;
      case '42P01':
        return `${this.#place} has no ${shown}.${await this.#tablesLike()}`;
      case '42501':
        return `${this.#place} does not let this user read ${shown}: GRANT SELECT on it.`;
      case '42703':
        return `${this.#place} does not know a column of ${shown}: ${message}. Name it as the table does.`;
      case '42601':
        return `${shown} is not SQL that ${this.#place} understands: ${message}.`;
      default:
        return `${this.#place} did not answer for ${shown}: ${message}.`;
    }
  }

  async #tablesLike(): Promise<string> {
    const wanted = this.#settings.table?.at(-1);
    if (wanted === undefined) return '';
    try {
      const client = await this.#connectOnce();
      const { rows } = await client.query<{ name: string }>(
        `SELECT CASE table_schema WHEN 'public' THEN table_name ELSE table_schema || '.' || table_name END AS name
         FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT 1000`,
      );
      await client.end();
      const names = rows.map(({ name }) => name);
      const some = `It has ${names.slice(0, 8).join(', ')}.`;
      const none = 'This user sees no tables in it: check the database and the user.';
      return ` ${didYouMean(wanted, names, names.length > 0 ? some : none)}`;
    } catch {
      // The first error is enough.
      return '';
    }
  }
}

function codeOf(error: unknown): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const { code } = inner as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

function innerMessage(error: unknown): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return messageOf(inner);
}
