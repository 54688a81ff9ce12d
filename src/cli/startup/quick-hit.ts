import { parseArgs } from 'node:util';
import type { RunReport } from '../../engine/run/reporting/report.js';
import { cacheFolder, parseStrategySpec, strategyRef } from '../../protocol/project.js';
import { readSidecar } from '../../protocol/sidecar/sidecar.js';
import { parseRange } from '../../sdk/time/time.js';

interface QuickHit {
  readonly report: RunReport;
  readonly json: boolean;
}

/**
 * The answer to `seamless materialize …` where a sidecar has it, before anything is started or much is loaded. Null: a run has to
 * tell, also what is wrong with the command.
 * @param args what follows the command's name
 */
export async function quickHit(args: readonly string[]): Promise<QuickHit | null> {
  const began = performance.now();
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        start: { type: 'string' },
        end: { type: 'string' },
        cache: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
    const [spec, ...others] = positionals;
    const { start, end, cache, json = false } = values;
    if (spec === undefined || others.length > 0 || start === undefined || end === undefined) return null;
    const { file, className } = parseStrategySpec(spec);
    const strategy = strategyRef(file, className);
    const folder = cacheFolder(strategy.projectRoot, cache);
    const report = await readSidecar(folder, { strategy, ...parseRange(start, end) });
    return report && { report: { ...report, elapsedMs: Math.round(performance.now() - began) }, json };
  } catch {
    // As above.
    return null;
  }
}
