import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { jsonParameter, unnestTexts } from '../duckdb/sql.js';
import { filesIn } from '../names/contents.js';
import type { StoreContext } from '../segments/catalog.js';

/** Takes packs without a segment out of the catalog. To be used in a transaction, `deleteUnnamed` afterwards. */
export async function discardEmptyPacks({ session }: StoreContext): Promise<void> {
  await session.run('DELETE FROM packs WHERE id NOT IN (SELECT pack FROM segments WHERE pack IS NOT NULL)');
}

/** Deletes files of packs that were taken out of the catalog. What cannot be deleted now is so by the next clean-up. */
export function deletePacks({ folder }: StoreContext, packs: Iterable<string>): void {
  for (const name of packs) {
    try {
      rmSync(join(folder, name), { force: true });
    } catch {
      // Another program has it open, where that keeps it.
    }
  }
}

/** Deletes what lies in the folder of packs and no row names: what a process left that was killed, and what was set aside. */
export async function deleteUnnamed(context: StoreContext): Promise<void> {
  const files = filesIn(context.folder).map((path) => basename(path));
  if (files.length === 0) return;
  const rows = await context.session.select(
    { name: 'text' },
    `SELECT name FROM packs JOIN (SELECT ${unnestTexts(1)} AS wanted) ON name = wanted`,
    [jsonParameter(files)],
  );
  const named = new Set(rows.map(({ name }) => name));
  const isWritten = (file: string): boolean =>
    context.writing.has(file) || context.writing.has(file.replace(/\.part$/, ''));
  deletePacks(
    context,
    files.filter((file) => !named.has(file) && !isWritten(file)),
  );
}
