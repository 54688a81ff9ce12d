import { closeOf, slotOfBars, slotsIn } from '../../../sdk/time/grid.js';
import type { Range, Seconds } from '../../../sdk/time/time.js';
import { needOf, type Graph, type GraphNode } from '../../graph/graph.js';
import type { Horizon } from '../../plan/horizon.js';
import { attainable, onGrid } from '../../plan/horizon.js';
import { isEmpty } from '../../plan/ranges.js';
import type { NodeStore, RowSummary } from '../../ports/store.js';
import { MostRows } from './most-rows.js';
import type { Unfired } from './report.js';

interface UnfiredLook {
  readonly graph: Graph;
  readonly store: Pick<NodeStore, 'summarize' | 'timesFrom' | 'coverage'>;
  /** By node: its fingerprint, its horizon, and its stored rows within the range. */
  readonly fingerprints: readonly string[];
  readonly horizons: readonly Horizon[];
  readonly summaries: readonly RowSummary[];
  readonly request: Range;
}

/** One input of a node, with what decides when it was there. */
interface Input {
  readonly node: GraphNode;
  readonly lookback: number;
  readonly begin: Seconds;
  readonly limit: Seconds;
  /** Whether every slot needs a bar of it. */
  readonly prompt: boolean;
}

interface Suspect {
  readonly node: GraphNode;
  readonly inputs: readonly Input[];
}

/**
 * A graph's nodes in order, each with its missed slots, also in its reason.
 * @param complete the nodes with a complete range; nothing can be said about others
 */
export async function withUnfired<T extends { readonly reason: string; readonly unfired: Unfired | null }>(
  look: UnfiredLook,
  nodes: readonly T[],
  complete: (node: T) => boolean,
): Promise<T[]> {
  const unfired = await unfiredSlots(
    look,
    look.graph.nodes.filter(({ index }) => complete(nodes[index] as T)),
  );
  return nodes.map((node, index) => {
    const found = unfired.get(index);
    return found ? { ...node, unfired: found, reason: `${node.reason} ${found.text}` } : node;
  });
}

/**
 * Counts the slots of some nodes that did not fire after warm-up, from stored rows: so a hit gives the same result as a computing
 * run. Rows are read only for nodes whose row counts leave a doubt.
 */
async function unfiredSlots(
  look: UnfiredLook,
  complete: readonly GraphNode[],
): Promise<ReadonlyMap<number, Unfired>> {
  const found = new Map<number, Unfired>();
  const suspects = await suspectsOf(look, complete);
  if (suspects.length === 0) return found;
  const read = [
    ...new Set(suspects.flatMap(({ node, inputs }) => [node, ...inputs.map((input) => input.node)])),
  ];
  const times = await look.store.timesFrom(
    read.map(({ index }) => ({
      fingerprint: look.fingerprints[index] as string,
      from: look.request.start,
      count: look.summaries[index]?.rows ?? 0,
    })),
  );
  const byNode = new Map(read.map(({ index }, position) => [index, times[position] ?? new Float64Array(0)]));
  const most = new MostRows(look);
  const never = new Set<number>();
  for (const suspect of suspects) {
    const { index } = suspect.node;
    const short = await neverFull(look, most, suspect, byNode);
    const { limit } = look.horizons[index] as Horizon;
    const unfired = short ?? countUnfired(look.request, limit, suspect, byNode);
    if (short) never.add(index);
    if (unfired) found.set(index, unfired);
  }
  for (const index of look.graph.order) {
    const node = look.graph.nodes[index] as GraphNode;
    if (found.has(index) || !complete.includes(node) || (look.summaries[index]?.rows ?? 0) > 0) continue;
    const cause = node.edges.find((edge) => never.has(edge.node));
    const { slots } = (cause && found.get(cause.node)) ?? { slots: 0 };
    if (!cause || slots === 0) continue;
    const input = (look.graph.nodes[cause.node] as GraphNode).name;
    const text = `It never fires in this range: nor does its input ${input}.`;
    never.add(index);
    found.set(index, { slots, of: slots, missing: [{ input, slots }], text });
  }
  return found;
}

/** Nodes that may have missed a slot. */
async function suspectsOf(look: UnfiredLook, complete: readonly GraphNode[]): Promise<Suspect[]> {
  const { request, summaries } = look;
  const rows = (node: GraphNode): number => summaries[node.index]?.rows ?? 0;
  const certain: Suspect[] = [];
  const open: Suspect[] = [];
  for (const node of complete) {
    if (node.kind !== 'node') continue;
    // One input alone never misses a slot of its own.
    if (rows(node) > 0 && node.edges.length < 2) continue;
    const inputs = inputsOf(look, node);
    const suspect = { node, inputs };
    if (rows(node) === 0) {
      if (inputs.some((input) => rows(input.node) > 0)) certain.push(suspect);
    } else if (inputs.length > 1 && inputs.some((input) => rows(input.node) !== rows(node))) {
      const begins = inputs.map(({ begin }) => Math.max(begin, request.start));
      const last = Math.min(request.end, Math.max(...inputs.map(({ limit }) => limit)));
      const uneven = Math.max(...begins) > Math.min(...begins);
      const early = closeOf((look.horizons[node.index] as Horizon).limit, node) <= last;
      (uneven || early ? certain : open).push(suspect);
    }
  }
  return [...certain, ...(await withHoles(look, open))];
}

/** Nodes with fewer rows, since their first one, than one of their inputs, or than slots. */
async function withHoles(look: UnfiredLook, suspects: readonly Suspect[]): Promise<Suspect[]> {
  if (suspects.length === 0) return [];
  const { request, store, fingerprints } = look;
  const firsts = await store.timesFrom(
    suspects.map(({ node }) => ({
      fingerprint: fingerprints[node.index] as string,
      from: request.start,
      count: 1,
    })),
  );
  const since = suspects.map(({ node }, at): Range => {
    const { limit } = look.horizons[node.index] as Horizon;
    const first = firsts[at]?.[0] ?? request.start;
    return { start: first, end: Math.max(first, Math.min(onGrid(request, node).end, limit)) };
  });
  const askedOf = suspects.map(({ node, inputs }, at) =>
    inputs
      .filter((input) => input.prompt && input.node.interval === node.interval)
      .map(({ node: input }) => ({
        input,
        fingerprint: fingerprints[input.index] as string,
        range: since[at] as Range,
      })),
  );
  const counts = (await store.summarize(askedOf.flat())).values();
  const ownOf = askedOf.map((asked) =>
    asked.map((one) => ({ ...one, rows: counts.next().value?.rows ?? 0 })),
  );
  return suspects.filter(({ node, inputs }, at) => {
    const rows = look.summaries[node.index]?.rows ?? 0;
    const { start, end } = since[at] as Range;
    const dense = rows === Math.ceil(slotsIn({ start, end }, node));
    if (dense && start === onGrid(request, node).start) return false;
    if (inputs.some((input) => input.prompt && input.node.interval < node.interval)) return true;
    const own = ownOf[at] ?? [];
    // A computed input that begins within the range was warming up; a stream never does.
    const ahead = own.map(({ input, rows: later }) => ({
      stream: input.kind === 'stream',
      rows: (look.summaries[input.index]?.rows ?? 0) - later,
    }));
    const most = Math.max(0, ...ahead.map((each) => each.rows));
    return own.some((each) => each.rows !== rows) || ahead.some((each) => each.stream && each.rows < most);
  });
}

/** The inputs of a node, each once. */
function inputsOf({ graph, horizons, fingerprints }: UnfiredLook, node: GraphNode): Input[] {
  const byPrint = new Map<string, Input>();
  const anyPrompt = node.edges.some((edge) => intervalOf(graph, edge.node) <= node.interval);
  for (const edge of node.edges) {
    // An optional bar keeps no slot from firing.
    if (edge.gather) continue;
    const print = fingerprints[edge.node] as string;
    const known = byPrint.get(print);
    const { begin, limit } = horizons[edge.node] as Horizon;
    const lookback = Math.max(needOf(edge), known?.lookback ?? 0);
    const input = graph.nodes[edge.node] as GraphNode;
    const prompt = anyPrompt ? input.interval <= node.interval : false;
    byPrint.set(print, { node: known?.node ?? input, lookback, begin, limit, prompt });
  }
  return [...byPrint.values()];
}

function intervalOf(graph: Graph, index: number): Seconds {
  return (graph.nodes[index] as GraphNode).interval;
}

/** A window longer than an input's whole history; null: none. */
async function neverFull(
  look: UnfiredLook,
  most: MostRows,
  { node, inputs }: Suspect,
  times: ReadonlyMap<number, Float64Array>,
): Promise<Unfired | null> {
  const { request, summaries, horizons } = look;
  const rows = ({ index }: GraphNode): number => summaries[index]?.rows ?? 0;
  if (rows(node) > 0) return null;
  // If it has no slots to compute, its windows were not read either.
  if (isEmpty(attainable(request, node, horizons[node.index] as Horizon))) return null;
  const short: (Input & { readonly has: number })[] = [];
  const meets = haveSlotInCommon(node, inputs, times, onGrid(request, node));
  for (const input of inputs) {
    const has = await most.seenBy(node, input.node, meets);
    if (has !== null && has < input.lookback) short.push({ ...input, has });
  }
  const [worst] = short.sort((a, b) => b.lookback - b.has - (a.lookback - a.has));
  if (!worst) return null;
  const slots = Math.max(...inputs.map((input) => rows(input.node)));
  const { lookback, has, begin } = worst;
  const { name, kind } = worst.node;
  const atMost = kind === 'node' && begin < request.start ? 'at most ' : '';
  const why =
    has === 0
      ? `its input ${name} has no rows up to its end`
      : `its window is ${counted(lookback, 'bar')} of ${name}, which has ${atMost}${count(has)} up to its end`;
  const text = `It never fires in this range: ${why}.`;
  return { slots, of: slots, missing: short.map((input) => ({ input: input.node.name, slots })), text };
}

/** Whether there is a slot in which each required input closes a bar. */
function haveSlotInCommon(
  node: GraphNode,
  inputs: readonly Input[],
  times: ReadonlyMap<number, Float64Array>,
  grid: Range,
): boolean {
  const slots = (input: Input): Float64Array =>
    slotsOf(node, input, times.get(input.node.index) ?? new Float64Array(0), grid);
  const [first, ...others] = inputs.filter(({ prompt }) => prompt).map(slots);
  if (!first) return inputs.some((input) => slots(input).length > 0);
  const rest = others.map((each) => new Set(each));
  return first.some((slot) => rest.every((each) => each.has(slot)));
}

/** An input while its slots are counted. */
interface Track {
  readonly input: Input;
  /** Opens of the slots in which it closed a bar, ascending, without repeats. */
  readonly slots: Float64Array;
  /** The first slot with a full window. */
  readonly ready: Seconds;
  /** How much later than the first input its data begin. */
  readonly late: Seconds;
  at: number;
  missed: number;
}

function countUnfired(
  request: Range,
  limit: Seconds,
  { node, inputs }: Suspect,
  times: ReadonlyMap<number, Float64Array>,
): Unfired | null {
  const grid = onGrid(request, node);
  const first = Math.min(...inputs.map(({ begin }) => Math.max(begin, request.start)));
  const tracks = inputs.map((input): Track => {
    const slots = slotsOf(node, input, times.get(input.node.index) ?? new Float64Array(0), grid);
    return { input, slots, ...readiness(node, input, slots, first, request), at: 0, missed: 0 };
  });
  const firing = times.get(node.index) ?? new Float64Array(0);
  const fires = firing[0] ?? Infinity;
  // A window that fills late from its own data is warm-up; data that begin later than other inputs' are not.
  const warm = Math.min(fires, Math.max(...tracks.map(({ ready, late }) => ready - late)));
  const drivers = tracks.some(({ input }) => input.prompt)
    ? tracks.filter(({ input }) => input.prompt)
    : tracks;
  let [slots, of] = [0, 0];
  for (;;) {
    const open = Math.min(...drivers.map(({ slots: each, at }) => each[at] ?? Infinity));
    if (open === Infinity) break;
    const missing = missingAt(open, tracks, fires, node);
    for (const track of drivers) if (track.slots[track.at] === open) track.at += 1;
    const undecided = open < fires || open >= limit;
    if (open < warm || (undecided && missing.length === 0)) continue;
    of += 1;
    if (missing.length > 0) slots += 1;
    for (const track of missing) track.missed += 1;
  }
  return slots > 0 ? unfiredOf(slots, of, tracks) : null;
}

/** Which inputs keep a slot from firing. */
function missingAt(open: Seconds, tracks: readonly Track[], fires: Seconds, node: GraphNode): Track[] {
  const missing = tracks.filter(({ input, slots, at }) => input.prompt && slots[at] !== open);
  if (missing.length > 0) return missing;
  if (open < fires) return tracks.filter(({ ready, late }) => late > 0 && ready > open);
  // A slower input whose next bar should have closed by the end of the slot, but is missing.
  return tracks.filter(
    ({ input }) => !input.prompt && closeOf(input.limit, input.node) <= closeOf(open, node),
  );
}

function readiness(
  node: GraphNode,
  { node: input, begin, lookback }: Input,
  slots: Float64Array,
  first: Seconds,
  request: Range,
): { readonly ready: Seconds; readonly late: Seconds } {
  // Several bars of a faster input close in one slot.
  const rows = Math.max(1, Math.ceil((lookback * Math.min(input.interval, node.interval)) / node.interval));
  if (begin > request.start || (begin === request.start && first === begin))
    return { ready: slots[rows - 1] ?? Infinity, late: Math.max(0, begin - first) };
  // Its rows do not show what it had before the range: a computed input may lack bars itself.
  return { ready: input.kind === 'node' ? (slots[0] ?? Infinity) : -Infinity, late: 0 };
}

function slotsOf(node: GraphNode, { node: input }: Input, ts: Float64Array, grid: Range): Float64Array {
  const found = new Float64Array(ts.length);
  let count = 0;
  const sees = slotOfBars(input, node);
  for (const barOpen of ts) {
    const open = sees(barOpen);
    if (open < grid.start || open >= grid.end || (count > 0 && found[count - 1] === open)) continue;
    found[count++] = open;
  }
  return found.subarray(0, count);
}

function unfiredOf(slots: number, of: number, tracks: readonly Track[]): Unfired {
  const missing = tracks
    .filter(({ missed }) => missed > 0)
    .map(({ input, missed }) => ({ input: input.node.name, slots: missed }))
    .sort((a, b) => b.slots - a.slots);
  const listed = missing.slice(0, 3).map(({ input, slots: each }) => `${input} in ${count(each)}`);
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
  const text = `${count(slots)} of ${counted(of, 'slot')} after its warm-up did not fire, missing ${listed.join(', ')}${more}.`;
  return { slots, of, missing, text };
}

function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

function count(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
