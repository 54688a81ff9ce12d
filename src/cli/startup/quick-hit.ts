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
 * The answer to `seamless materialize …` from a sidecar, before anything is started or much is loaded. Null: a run is needed,
 * which also reports errors in the command.
 * @param args the arguments after the command's name
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
    // The run reports what is wrong.
    return null;
  }
}
