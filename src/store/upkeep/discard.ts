import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { jsonParameter, unnestTexts } from '../duckdb/sql.js';
import { filesIn } from '../names/contents.js';
import type { StoreContext } from '../segments/catalog.js';

/** Removes packs without segments from the catalog. Call it inside a transaction, and `deleteUnnamed` afterwards. */
export async function discardEmptyPacks({ session }: StoreContext): Promise<void> {
  await session.run('DELETE FROM packs WHERE id NOT IN (SELECT pack FROM segments WHERE pack IS NOT NULL)');
}

/** Deletes files of packs that were removed from the catalog. If that fails, the next clean-up deletes them. */
export function deletePacks({ folder }: StoreContext, packs: Iterable<string>): void {
  for (const name of packs) {
    try {
      rmSync(join(folder, name), { force: true });
    } catch {
      // On some systems, an open file cannot be deleted.
    }
  }
}

/** Deletes files in the packs folder that no row refers to: leftovers of killed processes, and packs that were set aside. */
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
