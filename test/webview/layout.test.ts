import assert from 'node:assert/strict';
import { BOX, boundsOf, edgeKey, type LayoutInput, type Position } from '../../webview/layout/boxes.js';
import { layeredLayout } from '../../webview/layout/layered.js';
import { quickLayout } from '../../webview/layout/quick.js';

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
  quick: (input: LayoutInput) => quickLayout(input),
  layered: (input: LayoutInput) => layeredLayout(input, new Map()).placed,
};

function xOf(placed: ReadonlyMap<string, Position>, id: string): number {
  return placed.get(id)!.x;
}

function overlaps(placed: ReadonlyMap<string, Position>): string[] {
  const all = [...placed];
  return all.flatMap(([a, p], index) =>
    all.slice(index + 1).flatMap(([b, q]) => {
      const apart = Math.abs(p.x - q.x) >= BOX.width || Math.abs(p.y - q.y) >= BOX.height;
      return apart ? [] : [`${a} ${b}`];
    }),
  );
}

for (const [name, layout] of Object.entries(layouts)) {
  describe(`the ${name} layout`, () => {
    it('puts every box right of its inputs, and inputs without inputs in the first layer', () => {
      const placed = layout(diamond);
      for (const { from, to } of diamond.edges)
        assert.ok(xOf(placed, from) < xOf(placed, to), `${from} ${to}`);
      assert.equal(xOf(placed, 'price'), xOf(placed, 'volume'));
    });

    it('lets no two boxes overlap, also where a layer is folded', () => {
      const streams = Array.from({ length: 200 }, (_, at) => `s${at}`);
      const wide = {
        ids: [...streams, ...diamond.ids],
        edges: [...diamond.edges, ...streams.map((from) => ({ from, to: 'fast' }))],
      };
      const placed = layout(wide);
      assert.equal(placed.size, wide.ids.length);
      assert.deepEqual(overlaps(placed), []);
      const bounds = boundsOf(placed.values())!;
      const aspect = (bounds.right - bounds.left) / (bounds.bottom - bounds.top);
      assert.ok(aspect > 0.4 && aspect < 4, `its aspect is ${aspect}`);
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
      assert.deepEqual(overlaps(layout(cycle)), []);
      assert.equal(layout({ ids: [], edges: [] }).size, 0);
    });
  });
}

describe('a layout after an edit', () => {
  it('leaves the order of what was there, and moves little', () => {
    const before = layeredLayout(diamond, new Map()).placed;
    const edited = { ids: [...diamond.ids, 'new'], edges: [...diamond.edges, { from: 'fast', to: 'new' }] };
    const after = layeredLayout(edited, before).placed;
    for (const id of diamond.ids) {
      const [a, b] = [before.get(id)!, after.get(id)!];
      assert.equal(a.x, b.x, id);
      assert.ok(Math.abs(a.y - b.y) <= BOX.height + 20, `${id} moved by ${b.y - a.y}`);
    }
    const rows = ['fast', 'slow'].sort((a, b) => before.get(a)!.y - before.get(b)!.y);
    assert.ok(after.get(rows[0]!)!.y < after.get(rows[1]!)!.y);
  });

  it('is the same when nothing was edited', () => {
    const before = layeredLayout(diamond, new Map()).placed;
    for (const [id, at] of layeredLayout(diamond, before).placed) {
      assert.ok(Math.hypot(at.x - before.get(id)!.x, at.y - before.get(id)!.y) < 1, id);
    }
  });
});

describe('an edge that spans layers', () => {
  it('is led past the boxes between its ends', () => {
    const chain = ['a', 'b', 'c', 'd', 'e'];
    const input: LayoutInput = {
      ids: chain,
      edges: [
        ...chain.slice(1).map((to, at) => ({ from: chain[at]!, to })),
        { from: 'a', to: 'e' },
        { from: 'a', to: 'd' },
        { from: 'b', to: 'e' },
      ],
    };
    const { placed, bends } = layeredLayout(input, new Map());
    assert.equal(bends.get(edgeKey({ from: 'a', to: 'e' }))?.length, 3);
    assert.equal(bends.has(edgeKey({ from: 'a', to: 'b' })), false);
    for (const [key, points] of bends) {
      for (const { x, y } of points) {
        for (const [id, box] of placed) {
          const apart = Math.abs(x - box.x) > BOX.width / 2 || Math.abs(y - box.y) > BOX.height / 2;
          assert.ok(apart, `${key.replace('\n', ' → ')} crosses ${id}`);
        }
      }
    }
  });
});
