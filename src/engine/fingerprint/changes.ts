import { groupBy } from '../../sdk/lists.js';
import { formatInterval } from '../../sdk/time/time.js';
import { phaseText } from '../graph/anchors.js';
import type { Part } from '../ports/host.js';
import type { EarlierNode } from '../ports/store.js';

/** One difference between two versions of a node. */
export interface PartChange {
  /** What changed, as a noun: `` `ema()` in lib/indicators.ts ``, `` captured `n` ``. */
  readonly what: string;
  readonly kind: 'code' | 'value' | 'parameter' | 'inputs' | 'upstream' | 'engine';
  /** The author's file it is in; null if unknown. */
  readonly file: string | null;
  /** Short form; null where there was or is none. */
  readonly before: string | null;
  readonly after: string | null;
  /** A clause that says it. */
  readonly text: string;
}

export interface NodeNow {
  readonly codeHash: string;
  /** The parts of its code hash. Empty if that is unchanged. */
  readonly parts: readonly Part[];
  readonly inputs: readonly { readonly name: string; readonly fingerprint: string }[];
}

/** Why a node's code hash differs from before, including replaced inputs. Empty if unknown. */
export function ownChanges(before: EarlierNode, now: NodeNow): PartChange[] {
  const rewired = inputChanges(before, now);
  if (before.own === now.codeHash) return rewired;
  const { changed, added, removed } = compareParts(before.parts ?? [], now.parts);
  const inputs = new Map(now.inputs.map(({ name }, position) => [String(position), name]));
  const parameters = changed.flatMap(([then, part]) => parameterChange(then, part, inputs));
  const pairs = changed.filter(([, part]) => isCode(part));
  const code = deepest(pairs, [...added, ...removed]).map(([then, part]) => codeChange(then, part));
  const options = [
    ...removed.filter(({ kind }) => kind === 'option').map((part) => optionChange(part, null)),
    ...added.filter(({ kind }) => kind === 'option').map((part) => optionChange(null, part)),
    ...removed
      .filter(({ kind }) => kind === 'calendar')
      .map(({ text }) => parameter('calendar', text, 'none')),
    ...added.filter(({ kind }) => kind === 'calendar').map(({ text }) => parameter('calendar', 'none', text)),
  ];
  const come = before.parts === null ? [] : arrivals(changed, added, removed);
  // For a captured node, the inputs say which one it is.
  const wanted = rewired.length > 0 ? code.filter(({ what }) => !what.startsWith('position')) : code;
  return [...parameters, ...options, ...rewired, ...wanted, ...come];
}

/** Positions of inputs with the same name that have changed themselves. */
export function changedInputs(before: EarlierNode, now: NodeNow): number[] {
  return now.inputs.flatMap(({ name, fingerprint }, position) => {
    const then = before.inputs.find(({ names }) => names.includes(name)) ?? before.inputs[position];
    return then && then.fingerprint !== fingerprint && then.names.includes(name) ? [position] : [];
  });
}

function inputChanges(before: EarlierNode, now: NodeNow): PartChange[] {
  const same = (position: number): boolean => {
    const [then, input] = [before.inputs[position], now.inputs[position]];
    return !!then && !!input && (then.fingerprint === input.fingerprint || then.names.includes(input.name));
  };
  const length = Math.max(before.inputs.length, now.inputs.length);
  if (Array.from({ length }, (_, position) => position).every(same)) return [];
  const then = before.inputs.map(({ names, fingerprint }, position) => {
    const kept = now.inputs.find((input) => input.fingerprint === fingerprint || names.includes(input.name));
    return kept?.name ?? names.at(-1) ?? `input ${position + 1}`;
  });
  const names = now.inputs.map(({ name }) => name);
  const [added, removed] = [
    names.filter((name) => !then.includes(name)),
    then.filter((name) => !names.includes(name)),
  ];
  const list = (of: readonly string[]): string => of.map(quoted).join(', ');
  const change = { what: 'its inputs', kind: 'inputs', file: null } as const;
  const both = { before: list(then), after: list(names) };
  if (removed.length === 0 && added.length > 0)
    return [{ ...change, ...both, text: `${plural('input', added)} ${list(added)} added` }];
  if (added.length === 0 && removed.length > 0)
    return [{ ...change, ...both, text: `${plural('input', removed)} ${list(removed)} removed` }];
  if (added.length === 0) {
    return [{ ...change, ...both, text: `inputs in another order: ${both.before} → ${both.after}` }];
  }
  const text = `${plural('input', removed)} ${list(removed)} replaced by ${list(added)}`;
  return [{ ...change, ...both, text }];
}

function plural(word: string, of: readonly string[]): string {
  return of.length === 1 ? word : `${word}s`;
}

type Pair = readonly [before: Part, after: Part];

/** Parts by key; parts that were only renamed (as bundlers rename) count as the same. */
function compareParts(
  before: readonly Part[],
  after: readonly Part[],
): { changed: Pair[]; added: Part[]; removed: Part[] } {
  const left = groupBy(before, keyOf);
  const changed: Pair[] = [];
  const unmatched: Part[] = [];
  for (const part of after) {
    const then = left.get(keyOf(part))?.shift();
    if (!then) unmatched.push(part);
    else if (then.hash !== part.hash) changed.push([then, part]);
  }
  const removed = [...left.values()].flat();
  const added = unmatched.filter((part) => {
    const same = removed.findIndex(({ kind, hash }) => kind === part.kind && hash === part.hash);
    if (same >= 0) removed.splice(same, 1);
    return same < 0;
  });
  return { changed, added, removed };
}

function keyOf({ kind, name, owner }: Part): string {
  // A value may become a function, or a function a class: it still belongs to that name.
  return JSON.stringify([isCode({ kind }) ? 'code' : kind, name, owner]);
}

function isCode({ kind }: Pick<Part, 'kind'>): boolean {
  return ['function', 'class', 'value', 'node', 'built-in', 'unhashable'].includes(kind);
}

/** For a structure and its contents, the contents: they say more. */
function deepest(pairs: readonly Pair[], others: readonly Part[]): Pair[] {
  const inside = ({ name, owner, kind }: Part, other: Part): boolean =>
    kind === 'value' &&
    other.owner === owner &&
    other.name.length > name.length &&
    other.name.startsWith(name) &&
    /^[.[ ]/.test(other.name.slice(name.length));
  const all = [...pairs.map(([, part]) => part), ...others];
  return pairs.filter(([, part]) => !all.some((other) => other !== part && inside(part, other)));
}

/** A changed function text explains its new references. */
function arrivals(changed: readonly Pair[], added: readonly Part[], removed: readonly Part[]): PartChange[] {
  const told = new Set(changed.filter(([, { kind }]) => kind === 'function').map(([, { name }]) => name));
  const classes = changed.some(([, { kind }]) => kind === 'class');
  const untold = (parts: readonly Part[]): Part[] => {
    const own = new Set(parts.map(({ name }) => name));
    return parts.filter(
      ({ kind, owner, name }) =>
        isCode({ kind }) && name !== '' && !classes && !told.has(owner) && (owner === '' || !own.has(owner)),
    );
  };
  return [
    ...untold(removed).map((part) => arrival(part, part, null)),
    ...untold(added).map((part) => arrival(part, null, part)),
  ];
}

function arrival(part: Part, before: Part | null, after: Part | null): PartChange {
  const what = nounOf(part);
  const code = part.kind === 'function' || part.kind === 'class';
  const short = (of: Part | null): string | null => (of ? shortText(of.text) : null);
  const verb = after ? (code ? 'came into use' : 'is new') : 'is no longer used';
  const value = after && !code ? `: ${shortText(part.text)}` : '';
  return {
    what,
    kind: code ? 'code' : 'value',
    file: part.file,
    before: short(before),
    after: short(after),
    text: `${what} ${verb}${value}`,
  };
}

function parameterChange(then: Part, now: Part, inputs: ReadonlyMap<string, string>): PartChange[] {
  switch (now.kind) {
    case 'semantics': {
      const what = 'how Seamless computes bars';
      const text = `${what} changed with an update (version ${then.text} → ${now.text})`;
      return [{ what, kind: 'engine', file: null, before: then.text, after: now.text, text }];
    }
    case 'window':
      return windowChanges(then, now, inputs.get(now.name) ?? `input ${Number(now.name) + 1}`);
    case 'option':
      return [optionChange(then, now)];
    case 'phase':
      return [parameter(/^[A-Z]/.test(now.text) ? 'anchor' : 'phase', then.text, now.text)];
    case 'kind':
    case 'interval':
    case 'calendar':
    case 'source':
      return [parameter(now.kind, then.text, now.text)];
    default:
      return [];
  }
}

function windowChanges(then: Part, now: Part, input: string): PartChange[] {
  const [before, after] = [then, now].map(({ text }) => JSON.parse(text) as number[]);
  const days = [then, now].map(({ text }) =>
    (JSON.parse(text) as unknown[]).find((each) => typeof each === 'string' && each !== 'gather'),
  );
  const [period, lookback, interval, phase] = [0, 1, 2, 3].map((index) => [
    before?.[index] ?? 0,
    after?.[index] ?? 0,
  ]) as [number[], number[], number[], number[]];
  const changes: PartChange[] = [];
  const differs = ([a, b]: readonly number[]): boolean => a !== b;
  const say = (what: string, [a, b]: readonly string[]): void => {
    changes.push(parameter(`${what} of ${quoted(input)}`, a ?? '', b ?? ''));
  };
  if (differs(period)) say('period', period.map(String));
  else if (differs(lookback)) say('look-back', lookback.map(String));
  if (differs(interval)) say('interval', interval.map(formatInterval));
  if (differs(phase))
    say(
      'phase',
      phase.map((each, at) =>
        phaseText({ interval: interval[at] as number, phase: each, calendar: days[at] ?? null }),
      ),
    );
  if (days[0] !== days[1])
    say(
      'calendar',
      days.map((key) => (key === undefined ? 'none' : 'another')),
    );
  return changes;
}

function optionChange(then: Part | null, now: Part | null): PartChange {
  const { title } = (now ?? then) as Part;
  return parameter(quoted(title), then?.text ?? 'not set', now?.text ?? 'not set');
}

function parameter(what: string, before: string, after: string): PartChange {
  const [a, b] = [shortText(before), shortText(after)];
  return { what, kind: 'parameter', file: null, before: a, after: b, text: `${what}: ${a} → ${b}` };
}

function codeChange(then: Part, now: Part): PartChange {
  const what = nounOf(now);
  const { file } = now;
  if (now.kind === 'node' && then.kind === 'node') {
    const text = `${what} stands for another node`;
    return { what: `position of ${what}`, kind: 'inputs', file, before: then.text, after: now.text, text };
  }
  const [before, after] =
    isText(then) && isText(now) ? differing(then.text, now.text) : [then.text, now.text];
  const [a, b] = [shortText(before), shortText(after)];
  if (!isText(now) && !isText(then)) {
    const text = a === b ? `${what} changed within: ${b}` : `${what}: ${a} → ${b}`;
    return { what, kind: 'value', file, before: a, after: b, text };
  }
  const shown = a === b ? '' : `: ${a === '' ? 'nothing' : quoted(a)} → ${b === '' ? 'nothing' : quoted(b)}`;
  return { what, kind: 'code', file, before: a, after: b, text: `${what} changed${shown}` };
}

function isText({ kind }: Part): boolean {
  return kind === 'function' || kind === 'class';
}

/** A part's name in a sentence. */
function nounOf(part: Part): string {
  const { kind, name, owner, title, file } = part;
  const place = file === null ? '' : ` in ${file}`;
  if (name === '') return `its \`${title === '' ? 'function' : title}\`${place}`;
  if (kind === 'class') return `class ${quoted(title)}${place}`;
  if (isText(part)) return `${quoted(`${title === '' ? name : title}()`)}${place}`;
  if (name.startsWith('this')) return quoted(name);
  return `captured ${quoted(name)}${owner === '' ? '' : ` of ${quoted(`${owner}()`)}`}`;
}

function quoted(text: string): string {
  return `\`${text}\``;
}

/** Length of a short form, in characters. */
const SHORT = 60;

function shortText(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > SHORT ? `${line.slice(0, SHORT - 1)}…` : line;
}

/** How many tokens are shown around a difference, within its statement. */
const BEFORE = 5;
const AFTER = 2;
const STATEMENT = /[;{}]/;

/** The differing part of two texts, with some context. */
function differing(before: string, after: string): readonly [string, string] {
  const [a, b] = [tokensOf(before), tokensOf(after)];
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  let from = start;
  while (from > 0 && start - from < BEFORE && !STATEMENT.test(a[from - 1] ?? '')) from--;
  let kept = end;
  while (kept > 0 && end - kept < AFTER && !STATEMENT.test(a[a.length - kept] ?? '')) kept--;
  const cut = (tokens: readonly string[]): string => tokens.slice(from, tokens.length - kept).join('');
  return [cut(a), cut(b)];
}

/** Words, arrows and single characters, with the blanks after them. */
function tokensOf(text: string): string[] {
  return text.match(/[\w$.]+\s*|=>\s*|[^\w$]\s*/g) ?? [];
}
