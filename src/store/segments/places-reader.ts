import type { Table } from '../../sdk/table.js';
import { OpenPacks, PackDamage } from '../packs/read-pack.js';
import type { Places } from './places.js';
import { TableReader } from './table-reader.js';

/** Reads rows directly from packs, node by node. Shared times are read once. */
export class PlacesReader {
  #shared: { readonly key: string; readonly packs: OpenPacks; readonly reader: TableReader } | null = null;

  /** The rows, copied; null if a pack is missing or damaged, which the owner of the catalog must handle. */
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
      // Windows cannot delete open files.
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
