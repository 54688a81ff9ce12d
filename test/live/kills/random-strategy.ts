import fc from 'fast-check';

/** The streams of every strategy here; the first is what it trades. */
export const STREAMS = ['BTC', 'ETH'] as const;

/** How a node is made: from which nodes before it, how far it looks back, and what it gives. */
const nodeDraw = fc.record({
  picks: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
  period: fc.constantFrom(1, 2, 5, 20),
  interval: fc.constantFrom('1m', '1m', '1m', '5m', '15m', '1h'),
  gives: fc.constantFrom<Gives>('number', 'number', 'record', 'text', 'odd', 'nulls', 'none'),
  kind: fc.constantFrom<Kind>('node', 'node', 'node', 'scan', 'sma', 'ema'),
  seed: fc.integer({ min: 1, max: 1000 }),
});

/** `odd`: not a number, and −0; `none`: some bars have no row. */
type Gives = 'number' | 'record' | 'text' | 'odd' | 'nulls' | 'none';
type Kind = 'node' | 'scan' | 'sma' | 'ema';
type NodeDraw = typeof nodeDraw extends fc.Arbitrary<infer T> ? T : never;

const GIVEN: Readonly<Record<Gives, string>> = {
  number: 'sum / 7',
  record: '{ value: sum / 3, up: sum % 2 === 0 }',
  text: "sum % 3 === 0 ? 'a' : 'bc'",
  odd: 'sum % 5 === 0 ? Number.NaN : sum % 5 === 1 ? -0 : sum',
  nulls: 'sum % 4 === 0 ? null : sum',
  none: 'sum % 4 === 0 ? undefined : sum',
};

/** A strategy of random nodes over two streams, as its author would write it. Its last node is what it trades by. */
export const strategyArbitrary: fc.Arbitrary<string> = fc
  .tuple(fc.array(nodeDraw, { minLength: 2, maxLength: 8 }), fc.constantFrom(2, 3, 5))
  .map(([draws, levels]) => {
    const made = draws.map((draw, index) => nodeText(draw, index));
    const names = ['btc', 'eth', ...draws.map((_, index) => `n${index}`)];
    const last = `n${draws.length - 1}`;
    return `import { csvHistory, ema, Node, ScanNode, sma, Strategy, StreamInput } from 'seamless-dag';

/** Anything that a window holds, as a whole number: whatever is another bit gives another one. */
function mixed(seed: number, values: Iterable<unknown>): number {
  let sum = seed;
  for (const value of values) for (const letter of String(Object.is(value, -0) ? '-0' : value)) sum = (sum * 31 + letter.charCodeAt(0)) % 1000003;
  return sum;
}

export class Momentum extends Strategy {
  setup(): void {
    const btc = new StreamInput({ tags: ['BTC'], interval: '1m', historyProvider: csvHistory('btc.csv') });
    const eth = new StreamInput({ tags: ['ETH'], interval: '1m', historyProvider: csvHistory('eth.csv') });
${made.map((text) => `    ${text}\n`).join('')}    const weight = new Node({ name: 'weight', input: [btc, ${last}], period: 1, interval: '1m', computeFn: (view) => {
      const sum = mixed(3, [view.latest(btc).close, JSON.stringify(view.window(${last}).values('value'))]);
      return sum % 4 === 0 ? null : (sum % ${levels}) / ${levels} - 0.3;
    } });
    this.addNodes([${names.join(', ')}, weight]);
    this.trade(weight, btc);
  }
}
`;
  });

function nodeText({ picks, period, interval, gives, kind, seed }: NodeDraw, index: number): string {
  const before = ['btc', 'eth', ...Array.from({ length: index }, (_, at) => `n${at}`)];
  const inputs = [...new Set(picks.map((pick) => before[pick % before.length] as string))];
  const name = `n${index}`;
  // Built-ins take numbers: those of a stream.
  if (kind === 'sma' || kind === 'ema') {
    const stream = picks[0] === undefined || picks[0] % 2 === 0 ? 'btc' : 'eth';
    return `const ${name} = ${kind}({ name: '${name}', input: ${stream}, column: 'close', ${kind === 'ema' ? 'span' : 'period'}: ${period + 1} });`;
  }
  const reads = inputs.map((input) => {
    const column = input === 'btc' || input === 'eth' ? 'close' : 'value';
    return `...view.window(${input}).values('${column}')`;
  });
  const about = `name: '${name}', input: [${inputs.join(', ')}], period: ${period}, interval: '${interval}'`;
  const sum = `const sum = mixed(${seed}, [${reads.join(', ')}]);`;
  if (kind === 'node')
    return `const ${name} = new Node({ ${about}, computeFn: (view) => { ${sum} return ${GIVEN[gives]}; } });`;
  return `const ${name} = new ScanNode<number, unknown>({ ${about}, init: () => ${seed}, step: (state, view) => { ${sum.replace(`${seed}, [`, 'state, [')} return { state: sum, value: ${GIVEN[gives]} }; } });`;
}
