import type { Table } from '../../sdk/table.js';
import { OpenPacks, PackDamage } from '../packs/read-pack.js';
import type { Places } from './places.js';
import { TableReader } from './table-reader.js';

/** Reads rows where they lie, node after node: times that they have in common are read once. */
export class PlacesReader {
  #shared: { readonly key: string; readonly packs: OpenPacks; readonly reader: TableReader } | null = null;

  /** The rows, in memory of their own; null where a pack is gone or damaged, which is for the owner of the catalog to deal with. */
  read({ folder, parts }: Places): Table | null {
    const { packs, reader } = this.#readerFor(folder, parts);
    try {
      const slices = parts.map(({ start, end, segment }) =>
        reader.slice({ ...segment, layout: () => segment.layout }, start, end),
      );
      const table = reader.table(slices);
      return { ...table, ts: table.ts.slice() };
    } catch (error) {
      if (error instanceof PackDamage) return null;
      throw error;
    } finally {
      // A file that is open cannot be deleted on Windows.
      packs.close();
    }
  }

  #readerFor(folder: string, parts: Places['parts']) {
    const key = JSON.stringify([folder, parts.map(({ segment: { pack, layout } }) => [pack, layout.ts])]);
    if (this.#shared?.key !== key) {
      const packs = new OpenPacks(folder);
      this.#shared = { key, packs, reader: new TableReader(packs, (count) => new Float64Array(count)) };
    }
    return this.#shared;
  }
}
