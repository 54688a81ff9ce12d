import type { Patch } from './patches.js';

const IMPORTS = `
import { AsyncLocalStorage } from 'node:async_hooks';
import crypto, { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import module, { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import util from 'node:util';
import { MessagePort } from 'node:worker_threads';
import { columns, csvHistory, Node, ScanNode, Strategy, StreamInput } from 'seamless-dag';
declare const setTimeout: any, setInterval: any, process: any, Buffer: any, URL: any;
void [AsyncLocalStorage, crypto, createHash, EventEmitter, module, syncBuiltinESMExports, path, util, MessagePort];
`;

interface Hostile {
  /** At the top of the module. */
  readonly top?: string;
  readonly setup?: string;
  /** Each in a node of its own, `hostile0` and so on, at the bar `at`. */
  readonly bars?: readonly Pick<Patch, 'code'>[];
  readonly at?: number;
}

/** Names of the nodes that do no harm: one for each way in which code is computed. */
export const INNOCENT = ['before', 'after', 'whole', 'sum'] as const;

/** A node for each way in which code is computed, and hostile ones between them. */
export function strategyWith({ top = '', setup = '', bars = [], at = 0 }: Hostile): string {
  const hostile = bars.map(
    ({ code }, index) => `
    nodes.push(new Node({ name: 'hostile${index}', input: price, period: 2,
      computeFn: (view) => { if (view.asOf === ${at}) { ${code} } return view.latest(price).close; } }));`,
  );
  return `${IMPORTS}
${top}
export class Main extends Strategy {
  setup() {
    const price = new StreamInput({ name: 'price', tags: ['p'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    ${setup}
    const nodes: any[] = [price];
    nodes.push(new Node({ name: 'before', input: price, period: 3,
      computeFn: (view) => [...view.window(price).column('close')].sort((a, b) => a - b)[1] }));
    ${hostile.join('')}
    nodes.push(new Node({ name: 'after', input: price, period: 3,
      computeFn: (view) => Math.max(...[...view.window(price).column('close')].map((x) => Math.ceil(x))) }));
    nodes.push(new Node({ name: 'whole', input: price, period: 1,
      computeFn: columns((series) => {
        const { end } = series.of(price);
        const close = series.of(price).column('close');
        const out = new Float64Array(series.length);
        for (let i = 0; i < out.length; i++) out[i] = Math.floor(close[end[i] - 1]);
        return out;
      }) }));
    nodes.push(new ScanNode({ name: 'sum', input: price, period: 1, init: () => ({ n: 0 }),
      step: (state, view) => ({ state: { n: state.n + view.latest(price).close }, value: state.n }) }));
    this.addNodes(nodes);
  }
}
`;
}
