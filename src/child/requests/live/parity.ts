import { join } from 'node:path';
import { resolveGraph } from '../../../engine/graph/graph.js';
import type { SourceLibrary } from '../../../engine/ports/source.js';
import { materialize } from '../../../engine/run/materialize.js';
import { JournalReader } from '../../../live/journal/journal.js';
import { readRun, runFolder } from '../../../live/journal/runs.js';
import {
  parityOf,
  RecordedSource,
  recordingOf,
  type Materialized,
  type Recording,
} from '../../../live/run/recording.js';
import type { World } from '../../../live/world/schema.js';
import type { StrategyRef } from '../../../protocol/payloads.js';
import { SeamlessError } from '../../../sdk/errors.js';
import { emptyTable } from '../../../sdk/table.js';
import type { Store } from '../../../store/store.js';
import type { RequestHooks } from '../request.js';
import type { StrategySession } from '../../session/strategy-session.js';
import { inWorld } from '../../session/world-host.js';
import type { ParityReport } from '../../../protocol/live-results.js';

/** A run's recording, its strategy, and a cache folder for the comparison. @throws SeamlessError if there is none */
export function openRecording(
  cacheDir: string,
  projectRoot: string,
  run: string,
): { strategy: StrategyRef; recording: Recording; world: World; dir: string } {
  const { file, className, world } = readRun(cacheDir, run);
  if (world.mode === 'backtest') {
    throw new SeamlessError(
      'usage',
      `Run ${run} is a backtest: its nodes were materialized, so there is nothing to compare them with.`,
    );
  }
  const folder = runFolder(cacheDir, run);
  const recording = recordingOf(new JournalReader(folder).all());
  if (!recording)
    throw new SeamlessError('usage', `Run ${run} has no closed slot yet: there is nothing to compare.`);
  return { strategy: { file, className, projectRoot }, recording, world, dir: join(folder, 'parity') };
}

/** Materializes a run's recorded feed, and compares every bar of every node with the run's. */
export function compareRun(
  session: StrategySession,
  run: string,
  { recording, world, strategy: { projectRoot } }: Omit<ReturnType<typeof openRecording>, 'dir'>,
  store: Store,
  { progress, signal }: RequestHooks,
): Promise<ParityReport> {
  return session.withPorts(new Map(), async ({ host: own, sources, nonce }) => {
    const host = inWorld(own, world, projectRoot);
    const graph = resolveGraph(await host.describe());
    const recorded: SourceLibrary = {
      open: async (stream) => new RecordedSource(await sources.open(stream), recording, stream.name, stream),
    };
    // A slot that was open when the run began closes during it.
    const longest = Math.max(...graph.nodes.map(({ interval }) => interval));
    const range = { start: recording.range.start - longest, end: recording.range.end };
    const hooks = { progress, signal, pause: () => new Promise<void>((resolve) => setImmediate(resolve)) };
    const { state } = await materialize({ host, store, sources: recorded, nonce }, range, hooks);
    const materialized = new Map<number, Materialized>();
    for (const { index, kind } of graph.nodes) {
      if (kind !== 'node' || state.canonical(index) !== index) continue;
      const { hash: full } = state.fingerprint(index);
      const [table = emptyTable()] = await store.read([{ fingerprint: full, range }]);
      const covered = state.covered[index] ?? [];
      const complete = (open: number): boolean =>
        covered.some(({ start, end }) => start <= open && open < end);
      materialized.set(index, { table, complete });
    }
    return parityOf({ run, strategy: graph.strategy }, graph, state.canonicals, recording, materialized);
  });
}
