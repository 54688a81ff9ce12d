import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import { textDigest } from '../../engine/fingerprint/digest.js';
import { floorToSlot, lastOpenBy } from '../../sdk/time/grid.js';
import { columnOfCells, type Table } from '../../sdk/table.js';
import { formatRange, type Range, type Seconds } from '../../sdk/time/time.js';
import { BarCheck, barError } from '../faults.js';
import type { FileContext } from '../files.js';
import { Secrets } from '../wire/secrets.js';
import { layoutOf, type Layout } from './columns.js';
import { Session, type Row } from './session.js';
import { postgresSettings, type PostgresSettings } from './settings.js';

/** Raised when the same rows are read as other bars. */
const VERSION = 1;
/** Rows per FETCH. */
const FETCH_ROWS = 16_384;
/** Slots per digest: if one row changes, this many are read again. */
const BLOCK_SLOTS = 8192;

/** A block of rows: where it begins, how many there are, and a digest of their content. */
type Block = readonly [start: Seconds, rows: number, digest: string];

/** @throws SeamlessError `source` when an option is wrong. */
export async function openPostgres(stream: OpenStream, context: FileContext): Promise<SourceReader> {
  const settings = postgresSettings(stream);
  const session = new Session(stream, settings, new Secrets(stream), context.signal);
  context.closing?.push(() => session.end());
  return new PostgresReader(stream, settings, session);
}

interface Look {
  readonly blocks: readonly Block[];
  readonly first: Seconds | null;
  readonly last: Seconds | null;
}

class PostgresReader implements SourceReader {
  readonly whole = false;
  readonly boundsByVersion = true;
  readonly #stream: OpenStream;
  readonly #settings: PostgresSettings;
  readonly #session: Session;
  /** A run sees one instant, the start of its transaction. */
  readonly #newest: Seconds;
  #layout: Promise<Layout> | null = null;
  #look: Promise<Look> | null = null;
  #cursors = 0;

  constructor(stream: OpenStream, settings: PostgresSettings, session: Session) {
    this.#stream = stream;
    this.#settings = settings;
    this.#session = session;
    const now = floorToSlot(Date.now() / 1000, stream);
    this.#newest = lastOpenBy(now, stream) - settings.stabilizationBars * stream.interval;
  }

  async version(): Promise<string> {
    const { columns, open } = await this.#read();
    const { blocks, first, last } = await this.#looked();
    const reading = textDigest([JSON.stringify([columns, open])]);
    return JSON.stringify([`postgres ${VERSION} ${reading}`, first, last, ...blocks]);
  }

  async sameUntil(before: string): Promise<Seconds> {
    const [then, , , ...old] = JSON.parse(before) as [string, unknown, unknown, ...Block[]];
    const [now] = JSON.parse(await this.version()) as [string];
    if (then !== now) return -Infinity;
    const { blocks } = await this.#looked();
    const different = blocks.findIndex(
      (block, index) => JSON.stringify(block) !== JSON.stringify(old[index]),
    );
    const at = different < 0 ? blocks.length : different;
    const [start] = blocks[at] ?? old[at] ?? [Infinity];
    return Math.min(start, old[at]?.[0] ?? Infinity);
  }

  async bounds(): Promise<{ first: Seconds; last: Seconds } | null> {
    const { first, last } = await this.#looked();
    return first === null || last === null ? null : { first, last };
  }

  async *read(range: Range): AsyncGenerator<Table> {
    const layout = await this.#read();
    const { from, select, time } = layout;
    const start = Math.max(range.start, -1e11);
    const end = Math.min(range.end, this.#newest + 1);
    if (start >= end) return;
    const cursor = `bars_${++this.#cursors}`;
    const within = `${time} >= ${layout.at(`${start}::float8`)} AND ${time} < ${layout.at(`${end}::float8`)}`;
    await this.#session.query(
      `DECLARE ${cursor} NO SCROLL CURSOR FOR SELECT ${select} FROM ${from} WHERE ${within} ORDER BY ${time}`,
    );
    const check = new BarCheck(this.#stream, 'open');
    try {
      for (;;) {
        const rows = await this.#session.rows(`FETCH ${FETCH_ROWS} FROM ${cursor}`);
        if (rows.length === 0) return;
        const table = this.#table(rows, layout);
        this.#refuse(check, table, range);
        yield table;
      }
    } finally {
      await this.#session.query(`CLOSE ${cursor}`).catch(() => undefined);
    }
  }

  #refuse(check: BarCheck, { ts }: Table, range: Range): void {
    const fault = check.next(ts);
    if (!fault) return;
    throw barError(this.#stream, fault, {
      row: `a row of ${this.#settings.shown}, within ${formatRange(range)},`,
      cell: String(fault.time),
      write: 'leave such rows out with a query',
      sort: 'Select one row for each time.',
      seconds: "Say how its times are counted with timeUnit: 'ms', 'us' or 'ns'.",
    });
  }

  #read(): Promise<Layout> {
    return (this.#layout ??= layoutOf(this.#stream, this.#settings, this.#session));
  }

  #looked(): Promise<Look> {
    return (this.#look ??= this.#lookAt());
  }

  /** The server reads all rows and sends one line per block. */
  async #lookAt(): Promise<Look> {
    const { from, open, at, time } = await this.#read();
    const seconds = BLOCK_SLOTS * this.#stream.interval;
    const rows = await this.#session.rows(
      `SELECT floor(${open} / ${seconds}) * ${seconds}, count(*)::int, sum(hashtextextended(bars::text, 0)::numeric)::text, min(${open}), max(${open})
       FROM ${from} WHERE ${time} < ${at(`${this.#newest + 1}::float8`)} GROUP BY 1 ORDER BY 1`,
    );
    return {
      blocks: rows.map(([start, count, digest]): Block => [Number(start), Number(count), String(digest)]),
      first: rows.length === 0 ? null : Number(rows[0]?.[3]),
      last: rows.length === 0 ? null : Number(rows.at(-1)?.[4]),
    };
  }

  #table(rows: readonly Row[], { columns }: Layout): Table {
    return {
      shape: 'record',
      ts: Float64Array.from(rows, ([open]) => Number(open)),
      names: columns.map(({ name }) => name),
      columns: columns.map(({ type }, index) =>
        columnOfCells(
          type,
          rows.map((row) => row[index + 1] ?? null),
        ),
      ),
      present: null,
    };
  }
}
