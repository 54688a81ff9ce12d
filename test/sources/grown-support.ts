import assert from 'node:assert/strict';
import { tableDigest } from '../../src/engine/fingerprint/digest.js';
import type { OpenStream, SourceLibrary, SourceReader } from '../../src/engine/ports/source.js';
import { materialize } from '../../src/engine/run/materialize.js';
import { reportOf } from '../../src/engine/run/reporting/outcome.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import type { Range } from '../../src/sdk/time/time.js';
import { openSourceLibrary } from '../../src/sources/library.js';
import { MemoryStore } from '../support/memory-store.js';
import { WorldHost } from '../support/worlds/host.js';
import { node, QUIET, stream } from '../support/worlds/made.js';
import type { Project } from './support.js';

const SPECS = [
  stream(60, [], { whole: false }),
  node(86_400, { 0: 3 }),
  node(86_400, { 0: 1 }, { seed: 2, scan: 'sum' }),
];

/** Sources of one file, which counts the rows that are read of it. */
class OneFile implements SourceLibrary {
  rows = 0;
  readonly #library: SourceLibrary;
  readonly #source: { readonly kind: string; readonly options: Record<string, unknown> };

  constructor(library: SourceLibrary, kind: string, options: Record<string, unknown>) {
    this.#library = library;
    this.#source = { kind, options };
  }

  async open(stream: OpenStream): Promise<SourceReader> {
    const reader = await this.#library.open({ ...stream, source: this.#source });
    const { read } = reader;
    reader.read = async function* (this: OneFile, ...asked: Parameters<typeof read>) {
      for await (const table of read.apply(reader, asked)) {
        this.rows += table.ts.length;
        yield table;
      }
    }.bind(this);
    return reader;
  }
}

/** A file that is read again and again, by runs that know it and by runs that know nothing. */
export interface GrowingFile {
  readonly kind: 'parquet' | 'csv';
  readonly options: Record<string, unknown>;
  readonly range: Range;
  /** Whether notes are compared; default: those of CSV files. How many rows of a Parquet file are at fault depends on how many were read. */
  readonly notes?: boolean;
}

/** What a run leaves in a store and says of each node; or why there was none. */
async function run(
  store: MemoryStore,
  sources: SourceLibrary,
  { kind, range, notes = kind === 'csv' }: GrowingFile,
): Promise<unknown> {
  const ports = { host: new WorldHost(SPECS), store, sources, nonce: 'nonce' };
  try {
    const outcome = await materialize(ports, range, QUIET);
    const { graph } = outcome.state;
    const hashes = graph.nodes.map(({ index }) => outcome.state.fingerprint(index).hash);
    const tables = await store.read(hashes.map((fingerprint) => ({ fingerprint, range })));
    const coverage = await store.coverage(hashes);
    const { nodes } = await reportOf(outcome, 0);
    return nodes.map(({ rows, columns, coverage: complete, unavailable, notYet, ...node }, index) => {
      const spans = coverage.get(hashes[index] as string) ?? [];
      const known = spans.reduce((sum, { start, end }) => sum + end - start, 0);
      const table = tables[index];
      return {
        ...{ rows, columns, complete, unavailable, notYet },
        stored: table && tableDigest(table),
        known: [spans[0]?.start, spans.at(-1)?.end, known],
        ...(notes && { notes: node.notes, unfired: node.unfired, waits: node.waits }),
      };
    });
  } catch (error) {
    assert.ok(error instanceof SeamlessError, String(error));
    return kind === 'csv' ? { code: error.code, message: error.message } : error.code;
  }
}

/**
 * A run over what is known of a file, and one that knows nothing: they must not differ.
 * @returns how many rows the first was given
 */
export async function holds(project: Project, store: MemoryStore, file: GrowingFile): Promise<number> {
  const warm = new OneFile(project.library, file.kind, file.options);
  const library = openSourceLibrary({ projectRoot: project.root });
  try {
    const expected = await run(new MemoryStore(), new OneFile(library, file.kind, file.options), file);
    assert.deepEqual(await run(store, warm, file), expected);
  } finally {
    library.close();
  }
  return warm.rows;
}
