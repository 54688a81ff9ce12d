import { relative, resolve } from 'node:path';

import { EXIT } from '../exit-codes.js';
import { specOf } from '../find-strategy.js';
import { formatTable, painter } from '../table.js';
import type { Terminal } from '../terminal.js';
import { visible } from '../../present/visible.js';

/** `seamless strategies [dir]` */
export async function runStrategies(
  { out, err, env, cwd }: Terminal,
  dir: string,
  { json = false }: { readonly json?: boolean },
): Promise<number> {
  const { discoverStrategies } = await import('../../discovery/discover.js');
  const unreadable: string[] = [];
  const found = await discoverStrategies(resolve(cwd, dir), {
    onFile: (file, strategies) => {
      if (!strategies) unreadable.push(relative(cwd, file));
    },
  });
  for (const file of unreadable) err.write(`${visible(file)} was skipped: it does not parse.\n`);
  if (json) {
    const list = found.map(({ className: strategy, ...rest }) => ({ strategy, ...rest }));
    out.write(`${JSON.stringify(list, null, 2)}\n`);
    return EXIT.done;
  }
  if (found.length === 0) {
    err.write(
      `No strategies in ${visible(resolve(cwd, dir))}: a strategy is a class that extends Strategy of seamless-dag.\n`,
    );
    return EXIT.done;
  }
  const rows = found.map(({ className, exportName, ...place }) => [
    className,
    specOf({ ...place, className }, cwd),
    exportName === null ? `line ${place.line}; export it to run it` : `line ${place.line}`,
  ]);
  const columns = ['strategy', 'run it as', 'where'];
  out.write(formatTable(columns, rows, painter(out, env)));
  return EXIT.done;
}
