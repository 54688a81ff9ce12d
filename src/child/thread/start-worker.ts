import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { builtFile } from '../../protocol/built-file.js';
import { LASTING } from '../../protocol/host-flag.js';

/** Stack size in megabytes: an author's endless recursion ends in a RangeError that names the node. */
const STACK_MB = 4;

/**
 * Megabytes of the young generation in a child that runs once: a bar's objects are garbage by the next bar, so more would only
 * hold garbage. A kept child has a larger one, set by its flags.
 */
const YOUNG_MB = 12;

/** A thread that loads its modules. What it sends waits at the port. */
export interface StartedWorker {
  readonly worker: Worker;
  readonly port: MessagePort;
  /** Resolves with an error that nobody caught. */
  readonly failed: Promise<Error>;
  /** Resolves with the exit code, after its last messages. */
  readonly exited: Promise<number>;
}

/** Imports little, so that the thread starts while this process loads the rest. */
export function startWorker(): StartedWorker {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(builtFile('strategy-worker.js'), {
    workerData: port2,
    transferList: [port2],
    // The process's flags are for its main thread.
    execArgv: ['--enable-source-maps'],
    resourceLimits: {
      stackSizeMb: STACK_MB,
      ...(!process.argv.includes(LASTING) && { maxYoungGenerationSizeMb: YOUNG_MB }),
    },
  });
  return {
    worker,
    port: port1,
    failed: new Promise((resolve) => worker.once('error', resolve)),
    exited: new Promise((resolve) => worker.once('exit', resolve)),
  };
}

let early: StartedWorker | null = null;

/** Starts a thread for the first strategy. */
export function startEarly(): void {
  early = startWorker();
}

/** The thread that was started early, once; null: none was. */
export function takeEarly(): StartedWorker | null {
  const taken = early;
  early = null;
  return taken;
}
