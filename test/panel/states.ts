import type { PanelNode, PanelState } from '../../src/panel/state.js';

/** A node that is fresh over `[0, 6000)`, unless said otherwise. */
export function panelNodeOf(
  name: string,
  inputs: readonly string[] = [],
  rest: Partial<PanelNode> = {},
): PanelNode {
  return {
    name,
    version: '1',
    kind: inputs.length > 0 ? 'node' : 'stream',
    label: inputs.length > 0 ? 'node' : 'csv',
    interval: 60,
    inputs: inputs.map((input) => ({ name: input, period: 5 })),
    standing: 'fresh',
    why: 'Complete over the range.',
    changes: [],
    rows: 100,
    coverage: [[0, 6000]],
    reused: [],
    unavailable: [],
    notYet: [],
    stale: [],
    failed: [],
    unfired: 0,
    located: true,
    ...rest,
  };
}

/** A stream and a node on it. */
export function panelState(rest: Partial<PanelState> = {}): PanelState {
  return {
    key: '/p/momentum.ts#Momentum',
    strategy: 'Momentum',
    nodes: [panelNodeOf('price'), panelNodeOf('fast', ['price'])],
    range: [0, 6000],
    data: [0, 6000],
    edited: false,
    problem: null,
    checking: null,
    running: null,
    result: null,
    trusted: true,
    texts: null,
    split: { beside: null, below: null },
    ...rest,
  };
}
