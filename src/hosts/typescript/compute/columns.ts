import type { NodeFailure } from '../../../engine/ports/host.js';
import { LookAheadError, SeamlessError } from '../../../sdk/errors.js';
import type { ColumnCompute } from '../../../sdk/node.js';
import { ChunkSeries, type SeriesTimes } from '../../../sdk/series.js';
import type { Seconds } from '../../../sdk/time/time.js';
import type { ColumnHandedOut, ViewInput } from '../../../sdk/view.js';
import { violationFailure, type NodeRun } from './computation.js';
import { barText, failureOf, reasonOf, show } from './failures.js';
import { copyOf, valueAt, type Cells, type Output } from './rows/outputs.js';
import { planProbe, ProbeAllowance } from './probe/probe-plan.js';
import { probe, Threw, type Mismatch } from './probe/probe.js';
import { Draw, PROBE_SEED, SEED_VARIABLE } from './probe/seeds.js';
import { authored, failureOfThrow, lastingChange, shielded } from './lasting.js';
import type { RowBuilder } from './rows/rows.js';
import { isPlainObject, isThenable } from './rows/values.js';

/** What nodes may still spend on being probed, as long as they are loaded: those with the same code have one allowance. */
const allowances = new WeakMap<object, ProbeAllowance>();

/** What came of a column function. */
export interface ColumnsRun {
  readonly failure: NodeFailure | null;
  /** Whether the author's code was called since what it changed was last looked for. */
  readonly unlooked: boolean;
}

/** The column form: one call for all firings, then the probe for look-ahead. Rows go to the run's builder. */
export function runColumns(run: NodeRun, { compute }: ColumnCompute<unknown>): ColumnsRun {
  const { asOf } = run.request;
  if (asOf.length === 0) return { failure: null, unlooked: false };
  let unlooked = false;
  const authoredCompute = authored(run.context, compute);
  /** For firings `[from, to)`. */
  const call = (from: number, to: number, inputs: readonly ViewInput[], handedOut: ColumnHandedOut): Output =>
    run.context.compute({ node: run.node.name, seed: run.seed }, (setBar) => {
      setBar(asOf[to - 1] as Seconds);
      const times = new OwnTimes(run.request, from, to);
      const series = new ChunkSeries(run.node.name, times, inputs, run.positions, handedOut);
      unlooked = true;
      return outputOf(run.node.name, to - from, authoredCompute(series));
    });

  let output: Output;
  const read: [input: number, column: number][] = [];
  try {
    // The engine's own ends are not to be written to.
    const own = run.inputs.map((input) => ({ ...input, end: input.end.slice() }));
    const handedOut = shielded(run.context, (input: number, column: number) => {
      if (!read.some(([at, index]) => at === input && index === column)) read.push([input, column]);
      run.protection.handedOut(input, column);
    });
    output = call(0, asOf.length, own, handedOut);
  } catch (error) {
    // What was thrown may be an object of the author's, whose getters run when it is described.
    return { failure: failureOfThrow(run, null, error), unlooked: true };
  }
  // What follows works with built-in objects.
  const violation = lastingChange(run) ?? violated(run);
  unlooked = false;
  // What was written to an input would mislead the probe, and the caller refuses the chunk for it.
  if (violation || run.protection.undo()) return { failure: violation, unlooked };

  const definition = run.definition ?? run.node;
  const allowance = allowances.get(definition) ?? new ProbeAllowance();
  allowances.set(definition, allowance);
  const plan = planProbe(
    { asOf, inputs: run.inputs, read },
    new Draw(PROBE_SEED, asOf[0] as Seconds),
    allowance,
  );
  const copied = isNumbers(output) ? null : copyOf(output);
  // Records may have getters, which run as their rows are taken.
  if (!isNumbers(output) && !('fields' in output && isNumeric(output.fields))) unlooked = true;
  const rejected = addRows(run.builder, asOf, output, (firing, error) =>
    failureOf(run, firing, error, run.locate),
  );
  // The rows of plain numbers are a copy as well.
  const given = copied ?? (rejected ? copyOf(output) : { values: run.builder.numbers });
  const mismatch = probe({ asOf, inputs: run.inputs, given }, plan, (from, to, inputs) => {
    try {
      return call(from, to, inputs, () => undefined);
    } catch (error) {
      return new Threw(reasonOf(error));
    }
  });
  return { failure: violated(run) ?? (mismatch ? lookAhead(run, mismatch) : rejected), unlooked };
}

/** Times of firings `[from, to)`, copied when code asks for them: most does not, and the engine's own are not to be written to. */
class OwnTimes implements SeriesTimes {
  readonly length: number;
  readonly #of: Pick<SeriesTimes, 'asOf' | 'opens'>;
  readonly #from: number;
  #asOf: Float64Array | null = null;
  #opens: Float64Array | null = null;

  constructor(of: Pick<SeriesTimes, 'asOf' | 'opens'>, from: number, to: number) {
    this.length = to - from;
    this.#of = of;
    this.#from = from;
  }

  get asOf(): Float64Array {
    return (this.#asOf ??= this.#cut(this.#of.asOf));
  }

  get opens(): Float64Array {
    return (this.#opens ??= this.#cut(this.#of.opens));
  }

  #cut(times: Float64Array): Float64Array {
    return times.slice(this.#from, this.#from + this.length);
  }
}

function violated(run: NodeRun): NodeFailure | null {
  const violation = run.context.takeViolation();
  return violation && violationFailure(null, violation);
}

/** @throws SeamlessError `value` when `returned` is not one value per firing. */
export function outputOf(node: string, length: number, returned: unknown): Output {
  const refuse = (gave: string, advice: string): never => {
    throw new SeamlessError('value', `Node ${node}, in column form, returned ${gave}: ${advice}.`, { node });
  };
  if (isThenable(returned)) {
    if (returned instanceof Promise) returned.catch(() => undefined);
    refuse('a promise', 'a computeFn must be synchronous, so return the columns themselves');
  }
  if (isCells(returned)) {
    checkLength(returned, length, '', refuse);
    return { values: returned };
  }
  if (!isPlainObject(returned)) {
    return refuse(
      typeof returned === 'object' ? 'an object of another kind' : show(returned),
      'return a Float64Array or an array with one value per firing, or a record of these',
    );
  }
  // Without a prototype, so that any name is an ordinary field.
  const fields = Object.create(null) as Record<string, Cells>;
  for (const [name, cells] of Object.entries(returned)) {
    if (!isCells(cells)) {
      return refuse(
        `${show(cells)} as field ${name}`,
        'each field must be a Float64Array or an array with one value per firing',
      );
    }
    checkLength(cells, length, ` in field ${name}`, refuse);
    fields[name] = cells;
  }
  if (Object.keys(fields).length === 0) refuse('a record without fields', 'give it at least one column');
  return { fields };
}

function isCells(value: unknown): value is Cells {
  return value instanceof Float64Array || Array.isArray(value);
}

function checkLength(
  cells: Cells,
  length: number,
  where: string,
  refuse: (gave: string, advice: string) => never,
): void {
  if (cells.length === length) return;
  refuse(
    `${counted(cells.length, 'value')}${where} for ${counted(length, 'firing')}`,
    'return one value for each firing (series.length of them), and undefined in an array where there is no row',
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Adds all rows, or those before the first that is refused, and returns what came of that one. */
function addRows(
  builder: RowBuilder,
  asOf: Float64Array,
  output: Output,
  refused: (firing: number, error: unknown) => NodeFailure,
): NodeFailure | null {
  let firing = 0;
  try {
    if (isNumbers(output)) {
      builder.addNumbers(asOf, output.values);
    } else if ('fields' in output && isNumeric(output.fields)) {
      builder.addNumberRecords(asOf, output.fields);
    } else {
      for (; firing < asOf.length; firing++) builder.add(asOf[firing] as Seconds, valueAt(output, firing));
    }
    return null;
  } catch (error) {
    return refused(firing, error);
  }
}

function isNumbers(output: Output): output is { readonly values: Float64Array } {
  return 'values' in output && output.values instanceof Float64Array;
}

function isNumeric(
  fields: Readonly<Record<string, Cells>>,
): fields is Readonly<Record<string, Float64Array>> {
  return Object.values(fields).every((cells) => cells instanceof Float64Array);
}

function lookAhead(run: NodeRun, { kind, firing, whole, alone }: Mismatch): NodeFailure {
  const { node, request, locate } = run;
  const bar = request.asOf[firing] as Seconds;
  const seen = alone instanceof Threw ? `throws (${alone.reason})` : `gives ${show(alone)}`;
  const value = `for the ${barText(request.opens[firing] as Seconds, bar)} its column form gives ${show(whole)} over many bars, but ${seen}`;
  const sentences: Readonly<Record<Mismatch['kind'], string>> = {
    ahead: `Node ${node.name} looks ahead: ${value} when its input ends there. Use, for firing i, only rows before end[i]`,
    behind: `Node ${node.name} depends on bars before its window: ${value} when it sees fewer bars before it. Work each value out from the period rows before end[i] alone, without sums carried on from bar to bar, or raise the period`,
    beside: `Node ${node.name} depends on bars outside its window: ${value} when those around its window are others. Work each value out from the period rows before end[i] alone`,
  };
  const message = `${sentences[kind]}; none of its rows are kept, of this chunk or another. Each run looks at other bars: ${SEED_VARIABLE}=${PROBE_SEED} has it look at these again.`;
  return failureOf(
    run,
    null,
    new LookAheadError(message, { node: node.name, asOf: bar }),
    locateOrigin(run, locate),
  );
}

/** The probe fails the function as a whole: its error's own stack would show no line of the author's. */
function locateOrigin({ node }: NodeRun, locate: NodeRun['locate']): NodeRun['locate'] {
  return () => locate(node.origin);
}
