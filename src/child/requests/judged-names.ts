import { join } from 'node:path';

import type { OtherVersion } from '../../engine/plan/judged.js';
import type { LogLine } from '../../protocol/messages.js';
import type { StrategyRef } from '../../protocol/payloads.js';
import { SeamlessError } from '../../sdk/errors.js';

/** Nodes whose names refer to rows of other code than the current. */
type OtherVersions = ReadonlyMap<string, OtherVersion>;

interface Query {
  readonly projectRoot: string;
  readonly sql: string;
  /** The strategy whose nodes need no prefix. */
  readonly strategy?: string | undefined;
}

/**
 * The cached strategies (by full name, `src/momentum.ts#Momentum`) whose nodes a query may refer to: the one that needs no
 * prefix, and those whose class occurs in the query.
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
 * Points the names of these strategies to the versions of their current code. If one cannot be loaded, the last run's versions
 * stay, which is logged.
 * @returns nodes whose names refer to other rows; null if a strategy cannot be loaded, so that this is unknown
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

/** For each node that a query may refer to, says if its rows do not belong to the current code. */
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
