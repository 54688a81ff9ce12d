// Slow (6 s): a browser.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BOX, boundsOf, edgeKey, type LayoutInput, type Position } from '../../webview/layout/boxes.js';
import { flowFor, SMALLEST, type Direction, type Flow } from '../../webview/layout/flow.js';
import { layeredLayout } from '../../webview/layout/layered.js';
import { layersOf, rowsOf } from '../../webview/layout/layers.js';
import { quickLayout } from '../../webview/layout/quick.js';
import { opening, toWindow } from '../../webview/graph/camera.js';
import { edgePaths } from '../../webview/graph/drawing/edges.js';
import { graphOf } from '../../webview/graph/model.js';
import { sceneOf } from '../../webview/graph/scene.js';
import { research } from './support/states.js';
import { cases } from '../support/profile.js';

const diamond: LayoutInput = {
  ids: ['price', 'volume', 'fast', 'slow', 'cross', 'late'],
  edges: [
    { from: 'price', to: 'fast' },
    { from: 'price', to: 'slow' },
    { from: 'fast', to: 'cross' },
    { from: 'slow', to: 'cross' },
    { from: 'cross', to: 'late' },
    { from: 'volume', to: 'late' },
  ],
};

const layouts = {
  quick: (input: LayoutInput, flow: Flow) => quickLayout(input, flow),
  layered: (input: LayoutInput, flow: Flow) => layeredLayout(input, new Map(), flow).placed,
};

const directions: readonly Direction[] = ['right', 'down'];
const UNSPLIT = { direction: 'right', most: Infinity } as const;

function overlaps(placed: ReadonlyMap<string, Position>): string[] {
  const all = [...placed];
  return all.flatMap(([a, p], index) =>
    all.slice(index + 1).flatMap(([b, q]) => {
      const apart = Math.abs(p.x - q.x) >= BOX.width - 1e-6 || Math.abs(p.y - q.y) >= BOX.height - 1e-6;
      return apart ? [] : [`${a} ${b}`];
    }),
  );
}

for (const [name, layout] of Object.entries(layouts)) {
  for (const direction of directions) {
    const on = direction === 'right' ? 'x' : 'y';
    describe(`the ${name} layout that leads ${direction}`, () => {
      it('puts every box past its inputs, and inputs without inputs first', () => {
        const placed = layout(diamond, { direction, most: Infinity });
        for (const { from, to } of diamond.edges)
          assert.ok(placed.get(from)![on] < placed.get(to)![on], `${from} ${to}`);
        assert.equal(placed.get('price')![on], placed.get('volume')![on]);
      });

      it('lets no two boxes overlap, also where a layer is split', () => {
        const streams = Array.from({ length: 200 }, (_, at) => `s${at}`);
        const wide = {
          ids: [...streams, ...diamond.ids],
          edges: [...diamond.edges, ...streams.map((from) => ({ from, to: 'fast' }))],
        };
        const placed = layout(wide, { direction, most: 30 });
        assert.equal(placed.size, wide.ids.length);
        assert.deepEqual(overlaps(placed), []);
        const rows = new Map<number, number>();
        for (const at of placed.values()) rows.set(at[on], (rows.get(at[on]) ?? 0) + 1);
        assert.ok(Math.max(...rows.values()) <= 30);
      });

      it('places boxes on a cycle as well, and nothing', () => {
        const cycle = {
          ids: ['a', 'b', 'c'],
          edges: [
            { from: 'a', to: 'b' },
            { from: 'b', to: 'c' },
            { from: 'c', to: 'a' },
          ],
        };
        const flow = { direction, most: Infinity };
        assert.deepEqual(overlaps(layout(cycle, flow)), []);
        assert.equal(layout({ ids: [], edges: [] }, flow).size, 0);
      });
    });
  }
}

describe('a layout after an edit', () => {
  it('leaves the order of what was there, and moves little', () => {
    const before = layeredLayout(diamond, new Map(), UNSPLIT).placed;
    const edited = { ids: [...diamond.ids, 'new'], edges: [...diamond.edges, { from: 'fast', to: 'new' }] };
    const after = layeredLayout(edited, before, UNSPLIT).placed;
    for (const id of diamond.ids) {
      const [a, b] = [before.get(id)!, after.get(id)!];
      assert.equal(a.x, b.x, id);
      assert.ok(Math.abs(a.y - b.y) <= BOX.height + 20, `${id} moved by ${b.y - a.y}`);
    }
    const rows = ['fast', 'slow'].sort((a, b) => before.get(a)!.y - before.get(b)!.y);
    assert.ok(after.get(rows[0]!)!.y < after.get(rows[1]!)!.y);
  });

  it('is the same when nothing was edited', () => {
    const before = layeredLayout(diamond, new Map(), UNSPLIT).placed;
    for (const [id, at] of layeredLayout(diamond, before, UNSPLIT).placed) {
      assert.ok(Math.hypot(at.x - before.get(id)!.x, at.y - before.get(id)!.y) < 1, id);
    }
  });
});

/** Graphs without cycles: every box reads some of those before it. */
const graphs = fc
  .array(fc.array(fc.nat(400), { maxLength: 4 }), { minLength: 2, maxLength: 70 })
  .map((reads): LayoutInput => {
    const ids = reads.map((_, at) => `n${at}`);
    const pairs = reads.flatMap((inputs, to) =>
      inputs.flatMap((from) => (to === 0 ? [] : [`${from % to} ${to}`])),
    );
    const edges = [...new Set(pairs)].map((pair) => {
      const [from, to] = pair.split(' ');
      return { from: `n${from}`, to: `n${to}` };
    });
    return { ids, edges };
  });

describe('edges', () => {
  it('of boxes on every side of a split layer pass no box but their own', () => {
    fc.assert(
      fc.property(
        graphs,
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(...directions),
        (input, most, direction) => {
          const { placed, bends } = layeredLayout(input, new Map(), { direction, most });
          const [on, aside] = direction === 'right' ? (['x', 'y'] as const) : (['y', 'x'] as const);
          const half = direction === 'right' ? BOX.height / 2 : BOX.width / 2;
          const { rows } = rowsOf(input, most);
          const rowOf = new Map(input.ids.map((id, at) => [id, rows[at] ?? 0]));
          for (const edge of input.edges) {
            const through = bends.get(edgeKey(edge)) ?? [];
            // One bend for each row that it spans: it is drawn where it is, and nowhere else.
            assert.equal(through.length, rowOf.get(edge.to)! - rowOf.get(edge.from)! - 1);
            for (const point of through) {
              for (const [id, box] of placed) {
                const crosses =
                  Math.abs(point[on] - box[on]) < 1 && Math.abs(point[aside] - box[aside]) < half;
                assert.ok(!crosses, `${edge.from} → ${edge.to} crosses ${id}`);
              }
            }
          }
        },
      ),
      cases(40),
    );
  });

  it('are all drawn, from the box they leave to the box they reach, and no others', () => {
    const scene = sceneOf(graphOf(research(60).nodes!), {
      focus: 'all',
      roots: [],
      collapsed: false,
      open: [],
    });
    const input = { ids: scene.items.map(({ id }) => id), edges: scene.edges };
    for (const direction of directions) {
      const { placed, bends } = layeredLayout(input, new Map(), { direction, most: 4 });
      const { plain } = edgePaths(scene, { positions: placed, bends, direction }, null);
      const next = new Map<string, string[]>();
      const key = (x: number, y: number): string => `${Math.round(x * 10)} ${Math.round(y * 10)}`;
      for (const [, x1, y1, rest] of plain.matchAll(/M(-?[\d.]+) (-?[\d.]+)([^M]+)/g)) {
        const [a, b] = [Number(x1), Number(y1)];
        const straight = /^([hv])([\d.]+)$/.exec(rest!);
        const ends = rest!.slice(1).split(' ').map(Number);
        const [x, y] = straight
          ? [
              a + (straight[1] === 'h' ? Number(straight[2]) : 0),
              b + (straight[1] === 'v' ? Number(straight[2]) : 0),
            ]
          : [ends.at(-2)!, ends.at(-1)!];
        next.set(key(a, b), [...(next.get(key(a, b)) ?? []), key(x, y)]);
      }
      const port = (id: string, side: 1 | -1): string => {
        const { x, y } = placed.get(id)!;
        return direction === 'right'
          ? key(x + (side * BOX.width) / 2, y)
          : key(x, y + (side * BOX.height) / 2);
      };
      for (const { id } of scene.items) {
        const reached = new Set<string>();
        for (const queue = [port(id, 1)]; queue.length > 0;) {
          for (const to of next.get(queue.pop()!) ?? []) {
            if (reached.has(to)) continue;
            reached.add(to);
            queue.push(to);
          }
        }
        const found = scene.items.filter((other) => reached.has(port(other.id, -1))).map((other) => other.id);
        const wanted = scene.edges.filter(({ from }) => from === id).map(({ to }) => to);
        assert.deepEqual(found.sort(), wanted.sort(), id);
      }
    }
  });
});

describe('the flow of a graph', () => {
  const inputOf = (count: number): LayoutInput => {
    const { items, edges } = sceneOf(graphOf(research(count).nodes!), {
      focus: 'all',
      roots: [],
      collapsed: count > 120,
      open: [],
    });
    return { ids: items.map(({ id }) => id), edges };
  };

  it('fills the room there is, and never opens smaller than can be read', () => {
    for (const [width, height] of [
      [420, 480],
      [560, 740],
      [1280, 300],
      [1600, 860],
      [2400, 1300],
    ] as const) {
      for (const count of [7, 20, 60, 300]) {
        const input = inputOf(count);
        const direction = width >= height ? 'right' : 'down';
        const flow = flowFor(input, { width, height, direction });
        const positions = [...layeredLayout(input, new Map(), flow).placed.values()];
        const bounds = boundsOf(positions)!;
        const { zoom } = opening(positions, { width, height }, direction)!;
        assert.ok(zoom >= SMALLEST, `${count} in ${width} × ${height}: ${zoom}`);
        const [w, h] = [(bounds.right - bounds.left) * zoom, (bounds.bottom - bounds.top) * zoom];
        const used = Math.max(w / width, h / height);
        assert.ok(used > 0.6 || zoom === 1.4, `${count} in ${width} × ${height} uses ${used}`);
      }
    }
  });

  it('opens without a box that is cut along the way edges lead, whatever part of the room details take', () => {
    for (const count of [7, 20, 60, 300]) {
      const input = inputOf(count);
      for (const direction of ['right', 'down'] as const) {
        for (const [width, height] of [
          [520, 460],
          [760, 540],
          [1000, 560],
          [1500, 880],
        ] as const) {
          const flow = flowFor(input, { width, height, direction });
          const positions = [...layeredLayout(input, new Map(), flow).placed.values()];
          for (const share of [1, 0.7, 0.5, 0.4]) {
            const size =
              direction === 'right' ? { width: width * share, height } : { width, height: height * share };
            for (const wanted of [null, ...positions.filter((_, at) => at % 5 === 0), positions.at(-1)!]) {
              const camera = opening(positions, size, direction, wanted)!;
              const [x, y] = [(BOX.width / 2) * camera.zoom, (BOX.height / 2) * camera.zoom];
              const cut = (middle: number, half: number, room: number): boolean =>
                (middle - half < 0 && middle + half > 0) || (middle - half < room && middle + half > room);
              for (const position of positions) {
                const at = toWindow(camera, position);
                const isCut = direction === 'right' ? cut(at.x, x, size.width) : cut(at.y, y, size.height);
                assert.ok(!isCut, `${count} ${direction} in ${size.width} × ${size.height}`);
              }
              if (!wanted) continue;
              const at = toWindow(camera, wanted);
              const isSeen =
                direction === 'right' ? at.x > 0 && at.x < size.width : at.y > 0 && at.y < size.height;
              assert.ok(isSeen, 'what is wanted is in view');
            }
          }
        }
      }
    }
  });

  it('splits no layer of a graph that fits', () => {
    const flow = flowFor(diamond, { width: 1600, height: 900, direction: 'right' });
    assert.equal(rowsOf(diamond, flow.most).rows.length, diamond.ids.length);
    assert.deepEqual(rowsOf(diamond, flow.most).rows, layersOf(diamond));
  });
});
