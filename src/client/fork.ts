import { fork, type ChildProcess } from 'node:child_process';
import { LASTING, NO_STRATEGY, SENT_BUNDLE } from '../protocol/host-flag.js';

/** Texts that a strategy formats or compares are the same whatever the caller's locale. */
const LOCALE = 'en_US.UTF-8';

const FLAGS: readonly string[] = ['--enable-source-maps'];

/**
 * Of a child that is kept. What of ten thousand nodes is made at once lives on: a larger young generation (MB, by half) copies it less
 * often. Any such flag has Node compile its own modules anew, which takes it 16 ms longer to start.
 */
export const LASTING_FLAGS: readonly string[] = [...FLAGS, '--max-semi-space-size=64'];

/**
 * Has glibc keep memory that columns were in for the next ones, instead of asking the system for it anew each time: a run of 100 nodes over
 * three years of minutes takes 7 to 12 % less processor time, and one of 800 symbols 45 MB less.
 */
const MEMORY = {
  MALLOC_MMAP_THRESHOLD_: '33554432',
  MALLOC_TRIM_THRESHOLD_: '67108864',
  MALLOC_ARENA_MAX: '2',
};

/** How the process that strategies run in is started. Apart from its client, so that a terminal starts it before it loads that. */
export interface ChildOptions {
  /** `child.js` of this package as built. */
  readonly childPath: string;
  /** What the strategy may keep in memory, in megabytes: the limit of the child's heap. Default: Node's own. */
  readonly memoryMb?: number | undefined;
  /** Flags for Node, such as `--inspect`, besides those Seamless needs. */
  readonly execArgv?: readonly string[] | undefined;
  /** It is kept for many runs. */
  readonly lasting?: boolean | undefined;
  /** This process bundles what is run, so that the child need not get ready for it. */
  readonly bundles?: boolean | undefined;
  /** False: no request will load a strategy, so the child does not prepare for one. Default: true. */
  readonly loads?: boolean | undefined;
}

/** What children get besides the environment of this process. */
let secrets: Readonly<Record<string, string>> = {};

/** Has children that are forked from now on find secrets in their environment, and nobody else. */
export function giveSecrets(values: Readonly<Record<string, string>>): void {
  secrets = values;
}

export function forkChild({
  childPath,
  memoryMb,
  execArgv = [],
  lasting,
  bundles,
  loads = true,
}: ChildOptions): ChildProcess {
  const told = [
    ...(bundles ? [SENT_BUNDLE] : []),
    ...(lasting ? [LASTING] : []),
    ...(loads ? [] : [NO_STRATEGY]),
  ];
  return fork(childPath, told, {
    execPath: process.execPath,
    execArgv: [...(lasting ? LASTING_FLAGS : FLAGS), ...heapLimit(memoryMb), ...execArgv],
    env: childEnvironment({ ...MEMORY, ...process.env, ...secrets }),
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

function heapLimit(memoryMb: number | undefined): string[] {
  return memoryMb === undefined ? [] : [`--max-old-space-size=${memoryMb}`];
}

/** The environment of a child: flags meant for this process are not meant for it, its clock is UTC, and its locale is the same for every caller. */
export function childEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _flags, ELECTRON_RUN_AS_NODE: _mode, ...kept } = environment;
  const rest = Object.fromEntries(
    Object.entries(kept).filter(([name]) => !/^(?:LC_\w+|LANG|LANGUAGE)$/.test(name)),
  );
  // Under Electron, the program is an editor unless told to be Node.
  const electron = process.versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' };
  return { ...rest, ...electron, TZ: 'UTC', LC_ALL: LOCALE, LANG: LOCALE };
}
