import type { RunReport } from '../../engine/run/reporting/report.js';
import { writePlaces } from '../../protocol/sidecar/kept-places.js';
import { writeSidecar, type Asked } from '../../protocol/sidecar/sidecar.js';
import type { ContentHints } from '../../sources/library.js';
import type { Store } from '../../store/store.js';
import type { StrategySession } from '../session/strategy-session.js';
import { placesOfStrategy } from './reported-rows.js';

/**
 * Writes down the report of the next run and what it rests on, if all of that is known: the terminal then answers without a child. To be
 * called while the cache is open, after its last change. @param report null: the next run has work to do
 */
export async function noteHit(
  session: StrategySession,
  { store, hints, dir }: { readonly store: Store; readonly hints: ContentHints; readonly dir: string },
  asked: Asked,
  report: RunReport | null,
): Promise<void> {
  if (!report || isJudgedAnew(report)) return;
  try {
    const evidence = session.evidence(hints, report);
    if (!evidence) return;
    await store.settle();
    await writeSidecar(dir, asked, evidence, report);
  } catch {
    // Something is changing, or cannot be read or written: the next hit comes from a run as well.
  }
}

/** Writes where a strategy's rows are on disk, so that a script reads them without a child. Call it like `noteHit`. */
export async function notePlaces(store: Store, dir: string, strategy: string): Promise<void> {
  try {
    const nodes = await placesOfStrategy(store, strategy);
    if (!nodes) return;
    const alone = await store.isNamedByClass(strategy);
    await store.settle();
    await writePlaces(dir, { strategy, alone, nodes });
  } catch {
    // The folder may be read-only: then a child answers each time.
  }
}

/** A stream's lag may differ by the next time. */
function isJudgedAnew({ range: [, end], nodes }: RunReport): boolean {
  const now = Date.now() / 1000;
  return nodes.some(({ service, interval }) => service !== undefined && end > now - interval);
}
