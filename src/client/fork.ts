import { fork, type ChildProcess } from 'node:child_process';
import { LASTING, NO_STRATEGY, SENT_BUNDLE } from '../protocol/host-flag.js';

/** Fixes the locale: texts that a strategy formats or compares must not depend on the caller's. */
const LOCALE = 'en_US.UTF-8';

const FLAGS: readonly string[] = ['--enable-source-maps'];

/**
 * Both cores are at work in a long run, so further threads that collect garbage only add to what it takes: without them a cold
 * run takes a tenth less processor time and 25 MB less, and is as fast by the clock.
 */
const BATCH_FLAGS: readonly string[] = [...FLAGS, '--single-threaded-gc'];

/**
 * For a child that is kept. The objects of ten thousand nodes survive, and a larger young generation (MB, by half) copies them
 * less often. Such flags make Node recompile its own modules, which costs 16 ms at the start.
 */
export const LASTING_FLAGS: readonly string[] = [...FLAGS, '--max-semi-space-size=64'];

/**
 * Makes glibc keep freed column memory instead of returning it to the system: a run of 100 nodes over three years of minutes
 * takes 7 to 12 % less processor time, and one of 800 symbols 45 MB less.
 */
const MEMORY = {
  MALLOC_MMAP_THRESHOLD_: '33554432',
  MALLOC_TRIM_THRESHOLD_: '67108864',
  MALLOC_ARENA_MAX: '2',
};

/** How the strategy process is started. Separate from its client, so that a terminal can start it before it loads that. */
export interface ChildOptions {
  /** `child.js` of this package as built. */
  readonly childPath: string;
  /** The child's heap limit in megabytes. Default: Node's own. */
  readonly memoryMb?: number | undefined;
  /** Flags for Node, such as `--inspect`, besides those that Seamless needs. */
  readonly execArgv?: readonly string[] | undefined;
  /** It is kept for many runs. */
  readonly lasting?: boolean | undefined;
  /** It only materializes: a longer pause for garbage collection does no harm, as it would in a live slot. */
  readonly batch?: boolean | undefined;
  /** This process bundles, so the child need not prepare for it. */
  readonly bundles?: boolean | undefined;
  /** False: no request will load a strategy, so the child does not prepare for one. Default: true. */
  readonly loads?: boolean | undefined;
}

/** Environment variables of children, besides this process's own. */
let secrets: Readonly<Record<string, string>> = {};

/** Gives secrets to children that are forked from now on, in their environment, and to nobody else. */
export function giveSecrets(values: Readonly<Record<string, string>>): void {
  secrets = values;
}

export function forkChild({
  childPath,
  memoryMb,
  execArgv = [],
  lasting,
  batch,
  bundles,
  loads = true,
}: ChildOptions): ChildProcess {
  const told = [
    ...(bundles ? [SENT_BUNDLE] : []),
    ...(lasting ? [LASTING] : []),
    ...(loads ? [] : [NO_STRATEGY]),
  ];
  const flags = lasting ? LASTING_FLAGS : batch ? BATCH_FLAGS : FLAGS;
  return fork(childPath, told, {
    execPath: process.execPath,
    execArgv: [...flags, ...heapLimit(memoryMb), ...execArgv],
    env: childEnvironment({ ...MEMORY, ...process.env, ...secrets }),
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

function heapLimit(memoryMb: number | undefined): string[] {
  return memoryMb === undefined ? [] : [`--max-old-space-size=${memoryMb}`];
}

/** A child's environment: without Node flags meant for this process, in UTC, and with a fixed locale. */
export function childEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _flags, ELECTRON_RUN_AS_NODE: _mode, ...kept } = environment;
  const rest = Object.fromEntries(
    Object.entries(kept).filter(([name]) => !/^(?:LC_\w+|LANG|LANGUAGE)$/.test(name)),
  );
  // Electron's program is an editor unless told to be Node.
  const electron = process.versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' };
  return { ...rest, ...electron, TZ: 'UTC', LC_ALL: LOCALE, LANG: LOCALE };
}
