import { createRequire, syncBuiltinESMExports } from 'node:module';
import { workerData, type MessagePort } from 'node:worker_threads';

import { snapshotIntrinsics } from '../../hosts/typescript/fingerprint/intrinsics.js';
import { authorLocation } from '../../hosts/typescript/sandbox/author.js';
import { installComputeOnly } from '../../hosts/typescript/sandbox/context.js';
import * as sdk from '../../index.js';
import { HOST_FLAG } from '../../protocol/host-flag.js';
import type { Output } from './messages.js';
import { ThreadService } from './thread-service.js';

/* The thread that loads and computes one strategy. It starts before there is a strategy, and serves one. */

const require = createRequire(import.meta.url);

/** The port to the main thread, which author code cannot reach. */
function takePort(): MessagePort {
  const port = workerData as MessagePort;
  const threads = require('node:worker_threads') as { workerData: unknown; parentPort: unknown };
  threads.workerData = null;
  threads.parentPort = null;
  syncBuiltinESMExports();
  return port;
}

/** Node's own stdout of a worker holds lines back until the main thread answers, and loses them at the end. */
function printThrough(print: (to: Output, text: string) => void): void {
  for (const to of ['stdout', 'stderr'] as const) {
    const write = (chunk: string | Uint8Array, _encoding: string, done: () => void): void => {
      print(to, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
      done();
    };
    Object.defineProperty(process[to], '_write', { value: write });
    Object.defineProperty(process[to], '_writev', { value: null });
  }
}

const port = takePort();
Object.defineProperty(globalThis, Symbol.for(HOST_FLAG), { value: true });

printThrough((to, text) => service.print(to, text));

const place = { projectRoot: process.cwd(), bundlePath: '' };
const context = installComputeOnly({
  get projectRoot() {
    return place.projectRoot;
  },
  authorLocation: (error) => authorLocation(error, place.projectRoot, place.bundlePath),
  onStray: (error) => service.strayed(error),
});
const service = new ThreadService(port, place, {
  context,
  intrinsics: context.asHost(() => snapshotIntrinsics(sdk)),
  sdkExports: sdk,
});
