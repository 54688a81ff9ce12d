import assert from 'node:assert/strict';

import { CSV_HEADER, csvLines, minute } from '../../support/project.js';

/** A strategy of one stream and one node, of which anything may be replaced. */
export function strategy(edits: Readonly<Record<string, string>> = {}): string {
  let text = `
import { csvHistory, definePreset, Node, preset, Strategy, StreamInput } from 'seamless-dag';
export class Momentum extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const fast = new Node({ name: 'fast', input: price, period: 3,
      computeFn: (view) => view.window(price).column('close')[0] });
    this.addNodes([price, fast]);
  }
}
`;
  for (const [from, to] of Object.entries(edits)) {
    assert.ok(text.includes(from), `The strategy has no ${from}.`);
    text = text.replace(from, () => to);
  }
  return text;
}

export const RANGE = { start: minute(0), end: minute(100) };
export const BARS = CSV_HEADER + csvLines(0, 100);

/** Bars of which one line is another. */
export function barsWith(line: number, text: string): string {
  return BARS.split('\n')
    .map((each, index) => (index + 1 === line ? text : each))
    .join('\n');
}
