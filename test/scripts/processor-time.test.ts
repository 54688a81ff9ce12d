import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessorTime, processorSeconds, type Look } from '../../scripts/testing/processor-time.js';

const ANCESTOR = 100;

function running(pid: number, parent: number, own: number, waited = 0, began = pid): Look {
  return { pid, parent, began, own, waited };
}

describe('processor time of a process and all that descend from it', () => {
  it('counts what ended and was waited for once, and what is none of its own not at all', () => {
    const time = new ProcessorTime(ANCESTOR);
    const stranger = running(7, 1, 5000);
    assert.equal(
      time.add([stranger, running(ANCESTOR, 1, 100), running(101, ANCESTOR, 200), running(102, 101, 300)]),
      6,
    );
    // The innermost was waited for, then its parent.
    assert.equal(time.add([stranger, running(ANCESTOR, 1, 100), running(101, ANCESTOR, 200, 350)]), 6.5);
    assert.equal(time.add([stranger, running(ANCESTOR, 1, 100, 600)]), 7);
  });

  it('keeps what ended after its parent, or with it, which nobody waits for', () => {
    const time = new ProcessorTime(ANCESTOR);
    time.add([
      running(ANCESTOR, 1, 100),
      running(101, ANCESTOR, 200),
      running(102, 101, 300),
      running(103, 101, 400),
    ]);
    // 101 was stopped with 102, which it did not wait for; 103 lives on, and starts another.
    assert.equal(
      time.add([running(ANCESTOR, 1, 100, 200), running(103, 1, 500), running(104, 103, 100)]),
      12,
    );
    assert.equal(time.add([running(ANCESTOR, 1, 100, 200)]), 12);
  });

  it('takes a process that was given the number of one that ended for another', () => {
    const time = new ProcessorTime(ANCESTOR);
    time.add([running(ANCESTOR, 1, 0), running(101, ANCESTOR, 200)]);
    assert.equal(time.add([running(ANCESTOR, 1, 0, 200), running(101, 1, 900, 0, 5)]), 2);
    assert.equal(time.add([running(ANCESTOR, 1, 0, 200), running(101, ANCESTOR, 100, 0, 6)]), 3);
  });

  it('is that of a real process that is killed with its parent', async () => {
    const before = processorSeconds();
    const busy = "process.stdout.write('began'); for (;;);";
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(busy)}], { stdio: 'inherit' })`,
      ],
      { detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(parent.stdout, 'data');
    let working = processorSeconds();
    while (working < before + 0.3) {
      await sleep(50);
      working = processorSeconds();
    }
    process.kill(-(parent.pid ?? NaN), 'SIGKILL');
    await once(parent, 'close');
    assert.ok(processorSeconds() >= working);
  });
});
