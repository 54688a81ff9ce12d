// The DAG panel's page in a real browser: when a graph is first painted, and how smoothly it is panned. The peer is the same
// browser drawing as many boxes with their names, as one picture, without layout, edges or anything to do with them.
import { decimate } from '../../src/engine/history/decimate.js';
import type { PanelState } from '../../src/panel/state.js';
import { PageServer } from '../../test/webview/support/page.js';
import { many } from '../../test/webview/support/states.js';
import { median } from '../measure.js';

const COUNTS = [1000, 10_000];
const ROUNDS = Number(process.env['BENCH_PAIRS'] ?? 3);

interface Timed {
  /** Milliseconds from the state's arrival to the frame that has boxes in it. */
  readonly first: number;
  /** Milliseconds between frames while the graph is panned. */
  readonly frame: number;
  /** The same of a picture of as many boxes. */
  readonly peer: number;
}

async function round(server: PageServer, count: number): Promise<Timed> {
  const dag = await server.show(null);
  try {
    const state: PanelState = many(count);
    dag.state = state;
    await dag.page.evaluate(watchFirstPaint);
    await dag.tell(state);
    const first = await dag.page.evaluate(() => (window as unknown as Watched).painted);
    const frames = await dag.page.evaluate(panFrames);
    const peer = await dag.page.evaluate(drawBoxes, count);
    if (dag.errors.length > 0) throw new Error(dag.errors.join('\n'));
    return { first, frame: median(frames), peer };
  } finally {
    await dag.page.close();
  }
}

interface Watched {
  painted: Promise<number>;
}

function watchFirstPaint(): void {
  let told = 0;
  addEventListener('message', () => (told ||= performance.now()), { capture: true });
  (window as unknown as Watched).painted = new Promise((resolve) => {
    const look = (): void => {
      const isThere = document.querySelector('.node, .far-box') !== null;
      requestAnimationFrame(isThere ? () => resolve(performance.now() - told) : look);
    };
    look();
  });
}

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

async function drawBoxes(count: number): Promise<number> {
  const started = performance.now();
  const boxes = Array.from({ length: count }, (_, at) => {
    const [x, y] = [(at % 60) * 20, Math.floor(at / 60) * 8];
    return `<g><rect x="${x}" y="${y}" width="18" height="6" fill="none" stroke="gray"/><text x="${x}" y="${y + 5}" font-size="4">node${at}</text></g>`;
  });
  const stage = document.createElement('div');
  stage.innerHTML = `<svg width="1280" height="800">${boxes.join('')}</svg>`;
  document.body.append(stage);
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  stage.remove();
  return performance.now() - started;
}

/** Milliseconds until a million rows are thinned out to the pixels of a chart, in the child. */
function thinOut(): number {
  const rows = 1_000_000;
  const ts = Float64Array.from({ length: rows }, (_, at) => at * 60);
  const values = Float64Array.from({ length: rows }, (_, at) => Math.sin(at / 1e4) + Math.sin(at));
  const table = {
    ts,
    shape: 'value',
    names: ['value'],
    columns: [{ type: 'number', values, valid: null }],
    present: null,
  } as unknown as Parameters<typeof decimate>[0];
  const started = performance.now();
  decimate(table, { start: 0, end: rows * 60 }, 800);
  return performance.now() - started;
}

const server = await PageServer.open();
try {
  const rows: Record<string, Record<string, string>> = {};
  for (const count of COUNTS) {
    const rounds: Timed[] = [];
    for (let at = 0; at < ROUNDS; at++) rounds.push(await round(server, count));
    const of = (key: keyof Timed): number => median(rounds.map((each) => each[key]));
    rows[`${count} nodes${count > 1500 ? ', grouped' : ''}`] = {
      'first painted': `${of('first').toFixed(0)} ms`,
      'against the peer': `${(of('first') / of('peer')).toFixed(2)} ×`,
      'a frame of a pan': `${of('frame').toFixed(0)} ms`,
      aim: count === 1000 ? '< 1 s, and smooth' : 'usable',
    };
  }
  console.log(`\nThe DAG panel in a real browser, medians of ${ROUNDS} rounds`);
  console.table(rows);
  const thin = median(Array.from({ length: ROUNDS }, thinOut));
  console.log(`A chart of a million rows is thinned out to 800 pixels in ${thin.toFixed(0)} ms.`);
} finally {
  await server.close();
}
