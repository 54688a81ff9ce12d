import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { takeLock } from '../../src/live/journal/lock.js';

// Takes a lock again and again, and counts in a file that only its owner may change.
const [folder = '', times = '0', dies = ''] = process.argv.slice(2);
const counter = join(folder, 'counter');
let taken = 0;

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3 * Math.random());
}

while (taken < Number(times)) {
  const lock = takeLock(folder, 'world', `run ${process.pid}`);
  if (typeof lock !== 'function') {
    // Whoever holds it needs the processor more.
    pause();
    continue;
  }
  const count = Number(readFileSync(counter, 'utf8'));
  // A moment in which another owner would read the same number.
  for (let i = 0; i < 2e5; i++) Math.sqrt(i);
  writeFileSync(counter, String(count + 1));
  taken += 1;
  if (dies && taken === Number(times)) process.kill(process.pid, 'SIGKILL');
  lock();
}
