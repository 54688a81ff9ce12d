import type { RunEvent, RunEventBody } from '../../sdk/live/live.js';
import type { RowValue } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';

/** The events of one slot: one line of a journal, written as a whole or not at all. */
export interface JournalLine {
  /** Number of its first event. */
  readonly seq: number;
  readonly asOf: Seconds;
  readonly events: readonly RunEventBody[];
}

/** Key for numbers that JSON does not have. No column has this name. */
const NUMBER = '\u0001';

/** Gives what `JSON.stringify` would. Most events are numbers of nodes, so these are written by hand, which is much faster. */
export function encodeLine({ seq, asOf, events }: JournalLine): string {
  const parts: string[] = [];
  for (const event of events) {
    const isPlain =
      event.type === 'value' &&
      typeof event.value === 'number' &&
      Number.isFinite(event.value) &&
      !Object.is(event.value, -0);
    parts.push(
      isPlain
        ? `${beginOf(event.node)}${String(event.ts)},"value":${String(event.value)}}`
        : JSON.stringify(recoded(event, encodeValue)),
    );
  }
  // `join` makes one piece of memory. Text that is built by `+` keeps all its pieces until it is written.
  const all = parts.join(',');
  return [`{"seq":${JSON.stringify(seq)},"asOf":${JSON.stringify(asOf)},"events":[`, all, ']}\n'].join('');
}

const begins = new Map<string, string>();
const MOST_BEGINS = 100_000;

function beginOf(node: string): string {
  let text = begins.get(node);
  if (text === undefined) {
    if (begins.size === MOST_BEGINS) begins.clear();
    text = ['{"type":"value","node":', JSON.stringify(node), ',"ts":'].join('');
    begins.set(node, text);
  }
  return text;
}

export function decodeLine(text: string): JournalLine {
  const { seq, asOf, events } = JSON.parse(text) as JournalLine;
  return { seq, asOf, events: events.map((event) => recoded(event, decodeValue)) };
}

/** The events of a line, each with its number. */
export function eventsOf({ seq, asOf, events }: JournalLine): RunEvent[] {
  return events.map((event, index) => ({ seq: seq + index, asOf, ...event }));
}

/** An event with its values written or read. */
function recoded(event: RunEventBody, code: (value: RowValue) => RowValue): RunEventBody {
  if (event.type === 'value') return { ...event, value: code(event.value) };
  if (event.type === 'revised') {
    const { value, before } = event;
    return {
      ...event,
      ...(value !== undefined && { value: code(value) }),
      ...(before !== undefined && { before: code(before) }),
    };
  }
  if (event.type === 'bar' || (event.type === 'late' && event.row)) {
    return { ...event, row: code(event.row) } as RunEventBody;
  }
  return event;
}

function encodeValue(value: RowValue): RowValue {
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    return { [NUMBER]: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => encodeValue(each as RowValue));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, encodeValue(each)]));
}

function decodeValue(value: RowValue): RowValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => decodeValue(each as RowValue));
  const record = value as Readonly<Record<string, RowValue>>;
  const number = record[NUMBER];
  if (typeof number === 'string') return Number(number);
  return Object.fromEntries(Object.entries(record).map(([key, each]) => [key, decodeValue(each)]));
}
