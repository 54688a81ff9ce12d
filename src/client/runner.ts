import { setTimeout as sleep } from 'node:timers/promises';

import { authorLocation, describeLocation } from '../hosts/typescript/sandbox/author.js';
import { readRun } from '../live/journal/runs.js';
import { builtFile } from '../protocol/built-file.js';
import { cacheFolder } from '../protocol/project.js';
import { asError, SeamlessError } from '../sdk/errors.js';
import type { Run, RunEvent, RunHooks, RunResult, SubmitOptions, Submitted } from '../sdk/live/live.js';
import { beginRun, lastSeq } from './begin-run.js';
import { nameRun } from './growing.js';
import { JobClient } from './job-client.js';
import type { JobPrograms } from './materialize-job.js';
import { print, refOf, refuseInHost } from './strategy-of.js';

const HOOK_PATIENCE_MS = 10_000;

const HOOK_OF: Readonly<Partial<Record<RunEvent['type'], Exclude<keyof RunHooks, 'patienceMs'>>>> = {
  ready: 'onStart',
  signal: 'onSignal',
  fill: 'onFill',
  error: 'onError',
  finished: 'onFinish',
};

/** Starts a run in a separate process. See `Runner.submit`. */
export async function submit(
  strategy: Submitted,
  { world, hooks = {}, resume, cacheDir, broker, confirm }: SubmitOptions,
  programs: JobPrograms = {},
): Promise<Run> {
  refuseInHost('Runner.submit()');
  const ref = refOf(strategy, 'Runner.submit');
  const cache = cacheFolder(ref.projectRoot, cacheDir);
  const run = resume ?? nameRun(world);
  if (resume !== undefined) readRun(cache, resume);
  // Hooks of a resumed run have already seen what its journal holds.
  const before = resume === undefined ? 0 : lastSeq(cache, resume);
  const client = JobClient.start({ childPath: programs.childPath ?? builtFile('child.js'), onLog: print });
  const stop = new AbortController();
  const payload = {
    strategy: ref,
    world,
    run,
    cacheDir: cache,
    ...(resume !== undefined && { resume: true as const }),
    ...(broker && { broker: true as const }),
    ...(confirm !== undefined && { confirm }),
  };
  const { answer, events } = beginRun(
    client,
    payload,
    { signal: stop.signal },
    {
      before,
      broker,
      onTrouble: (text) => print({ level: 'warn', text }),
      over: () => client.dispose(),
    },
  );
  const told = tellHooks(events, hooks, before, () => stop.abort());
  const result = resultOf(answer, told);
  result.catch(() => undefined);
  // If it never becomes warm, the result says why.
  if (!(await isReady(events, before))) await answer;
  return {
    id: run,
    events,
    result,
    stop: () => {
      stop.abort();
      return result;
    },
  };
}

/** Resolves once the run is warm. False: it ended before. A feed that is silent may have been told before. */
async function isReady(events: AsyncIterable<RunEvent>, before: number): Promise<boolean> {
  for await (const { type, seq } of events) if (type === 'ready' && seq > before) return true;
  return false;
}

async function resultOf(answer: Promise<RunResult>, told: Promise<void>): Promise<RunResult> {
  const [result, hooks] = await Promise.allSettled([answer, told]);
  if (hooks.status === 'rejected') throw hooks.reason;
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

/** Calls hooks one after the other. @throws SeamlessError if one throws or never returns; the run is then stopped */
async function tellHooks(
  events: AsyncIterable<RunEvent>,
  hooks: RunHooks,
  before: number,
  stop: () => void,
): Promise<void> {
  if (Object.values(HOOK_OF).every((name) => !hooks[name])) return;
  for await (const event of events) {
    const name = HOOK_OF[event.type];
    const hook = name && hooks[name];
    if (!hook || event.seq <= before) continue;
    try {
      await withinTime(name, hooks.patienceMs ?? HOOK_PATIENCE_MS, async () => hook(event));
    } catch (error) {
      stop();
      throw error;
    }
  }
}

async function withinTime(name: string, patienceMs: number, call: () => Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const late = sleep(patienceMs, 'late' as const, { signal: over.signal }).catch(() => 'in time' as const);
  try {
    const first = await Promise.race([call().then(() => 'in time' as const), late]);
    if (first === 'in time') return;
  } catch (thrown) {
    throw hookError(name, thrown);
  } finally {
    over.abort();
  }
  throw new SeamlessError(
    'usage',
    `The hook ${name} did not return within ${patienceMs} ms, so the run was stopped: do long work elsewhere, or raise hooks.patienceMs.`,
  );
}

function hookError(name: string, thrown: unknown): SeamlessError {
  const error = asError(thrown);
  const location = authorLocation(error, process.cwd(), '');
  const at = location ? ` (${describeLocation(location, process.cwd())})` : '';
  return new SeamlessError('usage', `The hook ${name} threw${at}, so the run was stopped: ${error.message}`, {
    location: location ?? undefined,
    cause: thrown,
  });
}
