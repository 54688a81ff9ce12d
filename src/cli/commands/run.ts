import { readRun } from '../../live/journal/runs.js';
import { beginRun, lastSeq } from '../../client/begin-run.js';
import { nameRun } from '../../client/growing.js';
import { eventLine, resultRows } from '../../present/run.js';
import type { RunEvent, RunResult } from '../../sdk/live/live.js';
import { cacheDirOf, type CommonFlags } from '../cache-dir.js';
import { EXIT } from '../exit-codes.js';
import { findStrategy } from '../find-strategy.js';
import { liveBroker } from '../live-broker.js';
import { formatTable, painter, right, type Paint } from '../table.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';
import { visible } from '../../present/visible.js';

interface RunFlags extends CommonFlags {
  readonly world: string;
  readonly resume?: string;
  readonly confirm?: string;
  readonly name?: string;
}

/** `seamless run <strategy> --world <name>` */
export async function runRun(terminal: Terminal, spec: string, flags: RunFlags): Promise<number> {
  const { out, err, env, cwd } = terminal;
  const { world, resume } = flags;
  const strategy = await findStrategy(spec, cwd);
  const cacheDir = cacheDirOf(cwd, strategy.projectRoot, flags);
  const run = resume ?? flags.name ?? nameRun(world);
  const seen = resume === undefined ? 0 : lastSeq(cacheDir, run);
  const live = await liveBroker(terminal, strategy.projectRoot, world, flags.confirm);
  /** Nodes without rows from some slot on. */
  const failed = new Set<string>();
  const result = await withJobs(terminal, async (jobs, options, view) => {
    const payload = {
      strategy,
      world,
      run,
      cacheDir,
      ...(resume !== undefined && { resume: true as const }),
      ...(live && { broker: true as const, confirm: live.confirm }),
    };
    const { answer, events } = beginRun(jobs, payload, options, {
      before: seen,
      broker: live?.broker,
      onTrouble: (text) => err.write(`${visible(text)}\n`),
    });
    const shown = (async () => {
      for await (const event of events) {
        if (event.type === 'error' && event.node !== null) failed.add(event.node);
        const text = event.seq > seen ? lineOf(event, flags) : null;
        if (text === null) continue;
        // The progress bar of the warm-up is on the same line.
        view.end();
        out.write(`${visible(text)}\n`);
      }
    })();
    const [outcome] = await Promise.all([answer, shown]);
    return outcome;
  }).catch((error: unknown) => {
    if (canGoOn(cacheDir, run, seen))
      err.write(`Run ${run} can go on where it ended: add --resume ${run}.\n`);
    throw error;
  });
  if (flags.json) err.write(`run ${result.run}: ${result.reason}\n`);
  else out.write(resultText(result, painter(out, env)));
  if (failed.size === 0) return EXIT.done;
  err.write(`${visible([...failed].join(', '))} failed on the way, and had no rows from there on.\n`);
  return EXIT.failed;
}

/** What is written of an event, or null for nothing. */
function lineOf(event: RunEvent, { json }: RunFlags): string | null {
  if (json) return JSON.stringify(event);
  // The command itself ends with an error of the whole run.
  return event.type === 'error' && event.node === null ? null : eventLine(event);
}

/** Whether a run that ended with an error got beyond what was there before, and has a journal to go on from. */
function canGoOn(cacheDir: string, run: string, seen: number): boolean {
  try {
    return readRun(cacheDir, run).world.mode !== 'backtest' && lastSeq(cacheDir, run) > seen;
  } catch {
    // It never began, or cannot be read: the error says more.
    return false;
  }
}

/** A run's result, for a person. */
export function resultText(result: RunResult, paint: Paint): string {
  const { strategy, world, mode, run, reason, computedNodes } = result;
  const computed = computedNodes === null ? '' : `, ${computedNodes} nodes computed, the rest from the cache`;
  return [
    `\n${paint('bold', visible(strategy))} in ${visible(world)} (${mode}): ${visible(reason)}${computed}\n\n`,
    formatTable(['what', right('value')], resultRows(result), paint),
    `\nrun ${run}\n`,
  ].join('');
}
