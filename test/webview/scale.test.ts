import assert from 'node:assert/strict';
import { PageServer } from './support/page.js';
import { many } from './support/states.js';

/** In the page: how long until nodes were painted, and how far apart the frames of a pan are. */
async function panFrames(): Promise<number[]> {
  const graph = document.querySelector('.graph') as HTMLElement;
  const frames: number[] = [];
  let last = performance.now();
  for (let frame = 0; frame < 40; frame++) {
    graph.dispatchEvent(new WheelEvent('wheel', { deltaX: 12, deltaY: 7, cancelable: true }));
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  return frames;
}

// Times are printed, not asserted: they are the machine's as much as ours.
describe('the scale of the DAG panel', function () {
  this.timeout(120_000);
  let server: PageServer;
  before(async () => {
    server = await PageServer.open();
  });
  after(() => server.close());

  for (const count of [1000, 10_000]) {
    it(`paints ${count} nodes, and pans them`, async () => {
      const dag = await server.show(null);
      try {
        dag.state = many(count);
        await dag.page.evaluate(() => {
          const seen = window as unknown as { painted: Promise<number>; told: number };
          addEventListener('message', () => (seen.told ??= performance.now()), { capture: true });
          seen.painted = new Promise((resolve) => {
            const look = (): void => {
              const there = document.querySelector('.node, .far-box') !== null;
              if (there) requestAnimationFrame(() => resolve(performance.now() - seen.told));
              else requestAnimationFrame(look);
            };
            look();
          });
        });
        await dag.tell(dag.state);
        const first = await dag.page.evaluate(
          () => (window as unknown as { painted: Promise<number> }).painted,
        );
        const frames = (await dag.page.evaluate(panFrames)).sort((a, b) => a - b);
        const median = frames[Math.floor(frames.length / 2)] ?? 0;
        console.log(
          `      ${count} nodes: first painted after ${Math.round(first)} ms; panned at ${Math.round(median)} ms a frame (slowest ${Math.round(frames.at(-1) ?? 0)} ms)`,
        );
        assert.ok((await dag.page.locator('.node, .far-box').count()) > 0);
        assert.deepEqual(dag.errors, []);
      } finally {
        await dag.page.close();
      }
    });
  }
});
