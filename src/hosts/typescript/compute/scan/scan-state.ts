import { flatCopier, type FlatCopier } from '../../../../sdk/records.js';
import { isPlainObject, type Refuse } from '../rows/values.js';

/** Bytes of a state as it is stored, at most: it is written with each block of rows. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Deeper than any data is nested: only a value that contains itself gets there. */
const DEEPEST = 500;

const ARRAYS = [
  Float64Array,
  Float32Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint16Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  BigInt64Array,
  BigUint64Array,
] as const;

type Numbers = InstanceType<(typeof ARRAYS)[number]>;

const ADVICE =
  'keep it as numbers, texts, booleans, null, typed arrays, or arrays and plain records of these, which can be stored';

const KINDS: ReadonlyMap<unknown, (typeof ARRAYS)[number]> = new Map(
  ARRAYS.map((each) => [each.prototype, each]),
);

/**
 * A copy of a state that shares nothing with it, nor one of its parts with another: what a step sees is the same whether the
 * state was stored in between or not. Refuses what could not be stored. Called for each bar, so it must be cheap.
 */
export function copyState(value: unknown, refuse: Refuse, path = '', depth = 0): unknown {
  if (isScalar(value)) return value;
  if (depth > DEEPEST) return refuse('a state that contains itself', 'keep plain data without cycles');
  if (Array.isArray(value)) {
    const copy = new Array<unknown>(value.length);
    for (let i = 0; i < copy.length; i++) {
      const item: unknown = value[i];
      copy[i] = isScalar(item) ? item : copyState(item, refuse, path, depth + 1);
    }
    return copy;
  }
  const kind = kindOf(value);
  if (kind) return new (kind as Float64ArrayConstructor)(value as Float64Array);
  return isPlainObject(value) ? copyRecord(value, refuse, path, depth) : refuseStranger(value, path, refuse);
}

function copyRecord(
  record: Readonly<Record<string, unknown>>,
  refuse: Refuse,
  path: string,
  depth: number,
): unknown {
  // A whole record at once, and what is not a number looked at after that, takes half the time.
  const copy: Record<string, unknown> = { ...record };
  for (const key of Object.keys(copy)) {
    const field = copy[key];
    if (!isScalar(field)) setField(copy, key, copyState(field, refuse, ` in ${key}`, depth + 1));
  }
  if (Object.getOwnPropertySymbols(copy).length > 0) refuse(`a state with a symbol for a key${path}`, ADVICE);
  return copy;
}

/** Copies one state after another, which are mostly alike: flat records with the same fields. */
export class StateCopier {
  readonly #refuse: Refuse;
  #fields = '';
  #flat: FlatCopier | null = null;

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  copy(state: unknown): unknown {
    if (isScalar(state)) return state;
    const flat = this.#flat?.(state as object);
    if (flat) return flat;
    const copy = copyState(state, this.#refuse);
    this.#learn(copy);
    return copy;
  }

  #learn(state: unknown): void {
    if (!isPlainObject(state)) return;
    const names = Object.keys(state);
    const fields = JSON.stringify(names);
    if (fields === this.#fields || !Object.values(state).every(isScalar)) return;
    this.#fields = fields;
    this.#flat = flatCopier(names);
  }
}

/** A state as bytes: equal states give equal bytes. @throws SeamlessError by `refuse` for one that is too large. */
export function encodeState(value: unknown, refuse: Refuse): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(packed(value)));
  if (bytes.length > MOST_BYTES) {
    const megabytes = (size: number): number => Math.ceil(size / 1024 / 1024);
    refuse(
      `a state of ${megabytes(bytes.length)} MB`,
      `it is stored with each block of rows, so keep it below ${megabytes(MOST_BYTES)} MB`,
    );
  }
  return bytes;
}

/** The state that `encodeState` made bytes of. */
export function decodeState(bytes: Uint8Array): unknown {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  return unpacked(JSON.parse(text) as Packed);
}

/**
 * As JSON without objects, whose keys could be taken for others: what JSON writes as it is, or a list that begins with what it
 * is a list of.
 */
type Packed = string | number | boolean | null | readonly Packed[];

function packed(value: unknown): Packed {
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : ['number', Object.is(value, -0) ? '-0' : String(value)];
  }
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (Array.isArray(value)) return ['array', ...Array.from(value as unknown[], packed)];
  const kind = kindOf(value);
  if (kind) return [kind.name, base64(value as Numbers)];
  return ['record', ...Object.entries(value as object).flatMap(([key, field]) => [key, packed(field)])];
}

function unpacked(value: Packed): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const [kind, ...items] = value;
  if (kind === 'number') return Number(items[0]);
  if (kind === 'array') return items.map(unpacked);
  if (kind !== 'record') return typedArray(String(kind), String(items[0]));
  const record: Record<string, unknown> = {};
  for (let i = 0; i < items.length; i += 2)
    setField(record, String(items[i]), unpacked(items[i + 1] as Packed));
  return record;
}

/** Any name is an ordinary field. */
function setField(record: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') record[key] = value;
  else Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
}

function isScalar(value: unknown): boolean {
  return (
    typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' || value === null
  );
}

/** The kind of a typed array: one of the standard ones, and not a class derived from it. */
function kindOf(value: unknown): (typeof ARRAYS)[number] | undefined {
  return ArrayBuffer.isView(value) ? KINDS.get(Object.getPrototypeOf(value)) : undefined;
}

/** Every NaN has the same bits: equal states must be equal byte for byte. */
function base64(array: Numbers): string {
  const settled = array.slice();
  if (settled instanceof Float64Array || settled instanceof Float32Array) {
    for (let i = 0; i < settled.length; i++) if (Number.isNaN(settled[i])) settled[i] = Number.NaN;
  }
  return Buffer.from(settled.buffer, settled.byteOffset, settled.byteLength).toString('base64');
}

function typedArray(name: string, text: string): Numbers {
  const kind = ARRAYS.find((each) => each.name === name) ?? Uint8Array;
  // A buffer of its own: a pooled one need not begin where such an array may.
  return new kind(Uint8Array.from(Buffer.from(text, 'base64')).buffer);
}

function refuseStranger(value: unknown, path: string, refuse: Refuse): never {
  if (value instanceof Promise) value.catch(() => undefined);
  return refuse(`a state with ${described(value)}${path}`, ADVICE);
}

function described(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const { constructor } = value as { readonly constructor?: unknown };
  const name = typeof constructor === 'function' ? constructor.name : '';
  return name ? `an instance of ${name}` : 'an object of a class';
}
