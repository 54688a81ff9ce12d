import { DuckDBInstance } from '@duckdb/node-api';
import { setTimeout as sleep } from 'node:timers/promises';

/** The database of a cache, opened by this process as soon as those who have it let go. */
export async function openedBySelf(file: string): Promise<DuckDBInstance> {
  for (;;) {
    try {
      return await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
    } catch (error) {
      if (!/lock/i.test(String(error))) throw error;
      await sleep(20);
    }
  }
}
