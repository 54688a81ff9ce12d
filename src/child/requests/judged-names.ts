import { join } from 'node:path';

import type { OtherVersion } from '../../engine/plan/judged.js';
import type { LogLine } from '../../protocol/messages.js';
import type { StrategyRef } from '../../protocol/payloads.js';
import { SeamlessError } from '../../sdk/errors.js';

/** Nodes whose names stand for other rows than those of the code as it is now. */
type OtherVersions = ReadonlyMap<string, OtherVersion>;

interface Query {
  readonly projectRoot: string;
  readonly sql: string;
  /** Whose nodes go by their name alone. */
  readonly strategy?: string | undefined;
}

/**
 * Of the strategies that a cache has, by their full names (`src/momentum.ts#Momentum`), those whose nodes a query may mean: the
 * one whose nodes go by name alone, and those whose class the query has in it.
 */
export function strategiesNamed(
  stored: readonly string[],
  { projectRoot, sql, strategy }: Query,
): readonly StrategyRef[] {
  const text = sql.toLowerCase();
  return stored.flatMap((name) => {
    const hash = name.lastIndexOf('#');
    const className = name.slice(hash + 1);
    const isDefault = strategy === undefined ? stored.length === 1 : [name, className].includes(strategy);
    if (hash < 0 || !(isDefault || text.includes(className.toLowerCase()))) return [];
    return [{ file: join(projectRoot, name.slice(0, hash)), className, projectRoot }];
  });
}

/**
 * Has names stand for the versions that the code of these strategies gives now. One that cannot be loaded stays as it was run last,
 * which the log says.
 * @returns nodes whose names stand for other rows; null where a strategy cannot be loaded, so that this is not known
 */
export async function judgeNames(
  refs: readonly StrategyRef[],
  judge: (ref: StrategyRef) => Promise<OtherVersions>,
  log: (line: LogLine) => void,
): Promise<OtherVersions | null> {
  const others = new Map<string, OtherVersion>();
  let known = true;
  for (const ref of refs) {
    try {
      for (const [node, version] of await judge(ref)) others.set(node, version);
    } catch (error) {
      if (!(error instanceof SeamlessError) || error.code === 'cancelled') throw error;
      const name = ref.className ?? ref.file;
      const text = `${name} cannot be loaded now, so the rows of its last run are read: ${error.message}`;
      log({ level: 'warn', text });
      known = false;
    }
  }
  return known ? others : null;
}

/** Says of which nodes that a query may name what is read is not of the code as it is now. */
export function tellOthers(others: OtherVersions | null, sql: string, log: (line: LogLine) => void): void {
  const text = sql.toLowerCase();
  for (const [node, version] of others ?? []) {
    if (!text.includes(node.toLowerCase())) continue;
    const which = version === 'earlier' ? 'an earlier version, from before the change' : 'the last run';
    log({
      level: 'warn',
      text: `${node} shows rows of ${which}: nothing is stored for its current code.`,
    });
  }
}
