import { NODE_ROWS_VIEW } from '../query/decode-sql.js';

/** Raised whenever a reader of the format before would misread the one after. */
export const FORMAT_VERSION = 6;

/** Position of the cell that holds a record table's mask of present rows. */
export const PRESENT_POSITION = -1;

/** Position of the cells that hold the state of a scan after a segment, cut into pieces of `STATE_BLOCK_BYTES`. */
export const STATE_POSITION = -2;

/** As large as a block of numbers. */
export const STATE_BLOCK_BYTES = 16_384;

/** Axis of segments without rows: it has no row in `axes`. */
export const NO_AXIS = 0;

/**
 * Values in a blob. A checkpoint reads and rewrites whole row groups, of at least 2048 rows: blobs of 16 kB keep one at 32 MB,
 * where a segment's whole column in a blob made it 256 MB, in memory and in work, however little was new.
 */
export const BLOCK_ROWS = 2048;

/** What own hashes are made of: the ids of their parts, each of which is kept once. */
const MAKEUP_TABLES = `
  CREATE TABLE parts(id INTEGER, key VARCHAR, kind VARCHAR, name VARCHAR, owner VARCHAR, title VARCHAR, file VARCHAR, hash VARCHAR,
    text VARCHAR);
  CREATE TABLE makeups(own VARCHAR, parts VARCHAR);
`;

/** Strategies, or nodes of theirs (null: all), whose rows no clean-up takes. */
const PIN_TABLE = 'CREATE TABLE pins(strategy VARCHAR, node VARCHAR);';

/**
 * One row in `cells` is a block of one column of one segment, its values packed into a BLOB (see docs/decisions/storage-layout.md;
 * decode-sql.ts says how they are packed). A segment's `seal` tells whether all of it is as it was written (seal.ts). There is no
 * table per node, and no key or index: those are maintained row by row and slow every write down, while zone maps already keep a
 * scan to the few row groups it needs. Times are epoch seconds.
 */
export const TABLES = `
  CREATE TABLE meta(key VARCHAR, value VARCHAR);
  CREATE TABLE fingerprints(id INTEGER, fingerprint VARCHAR);
  CREATE TABLE nodes(fp INTEGER, own VARCHAR, kind VARCHAR, interval_s DOUBLE, phase_s DOUBLE, label VARCHAR);
  ${MAKEUP_TABLES}
  CREATE TABLE node_inputs(fp INTEGER, position INTEGER, input INTEGER, lookback INTEGER);
  CREATE TABLE names(strategy VARCHAR, node VARCHAR, position INTEGER, fp INTEGER, registered_at TIMESTAMP,
    replaced_at TIMESTAMP, listed BOOLEAN);
  CREATE TABLE runs(strategy VARCHAR, start_ts DOUBLE, end_ts DOUBLE, ran_at TIMESTAMP);
  CREATE TABLE uses(strategy VARCHAR, used_at TIMESTAMP);
  CREATE TABLE schemas(id INTEGER, shape VARCHAR, names VARCHAR[], types VARCHAR[]);
  CREATE TABLE axes(id INTEGER, digest VARCHAR, row_count INTEGER);
  CREATE TABLE axis_cells(axis INTEGER, block INTEGER, ts BLOB);
  CREATE TABLE segments(id INTEGER, fp INTEGER, own VARCHAR, start_ts DOUBLE, end_ts DOUBLE, row_count INTEGER,
    digest VARCHAR, input_digests VARCHAR, axis INTEGER, schema INTEGER, bytes DOUBLE, created_at TIMESTAMP,
    seal VARCHAR);
  CREATE TABLE cells(fp INTEGER, segment INTEGER, position INTEGER, block INTEGER, data BLOB, valid BLOB);
  CREATE TABLE coverage(fp INTEGER, start_ts DOUBLE, end_ts DOUBLE, segment INTEGER, since VARCHAR);
  CREATE TABLE sources(fp INTEGER, version VARCHAR, first_ts DOUBLE, last_ts DOUBLE);
  ${PIN_TABLE}
  ${NODE_ROWS_VIEW}
  INSERT INTO meta VALUES ('format', '${FORMAT_VERSION}');
`;

/** Statements that make a file of each earlier format one of the next. */
export const MIGRATIONS: Readonly<Record<number, string>> = {
  1: `
    CREATE TABLE uses(strategy VARCHAR, used_at TIMESTAMP);
    INSERT INTO uses SELECT strategy, max(used_at) FROM (
      SELECT strategy, ran_at AS used_at FROM runs UNION ALL SELECT strategy, registered_at AS used_at FROM names) GROUP BY strategy;
    UPDATE meta SET value = '2' WHERE key = 'format';
  `,
  // Segments without a seal are held to the digest of their rows, so none has to be read and written anew.
  2: `
    ALTER TABLE segments ADD COLUMN seal VARCHAR;
    UPDATE meta SET value = '3' WHERE key = 'format';
  `,
  3: `
    ${MAKEUP_TABLES}
    UPDATE meta SET value = '4' WHERE key = 'format';
  `,
  4: `
    ${PIN_TABLE}
    ${NODE_ROWS_VIEW}
    UPDATE meta SET value = '5' WHERE key = 'format';
  `,
  // Of nodes of earlier formats it is not known how far they look back: a changed bar is taken to reach all that comes after.
  5: `
    ALTER TABLE node_inputs ADD COLUMN lookback INTEGER;
    ALTER TABLE coverage ADD COLUMN since VARCHAR;
    UPDATE meta SET value = '6' WHERE key = 'format';
  `,
};
