import { createHash } from 'node:crypto';
import { types } from 'node:util';
import {
  HOLE,
  isDistinct,
  keyToken,
  memberName,
  primitiveToken,
  SEEN,
  type Edge,
  type NamedEdge,
} from './shape.js';

/** An object's content besides its properties. */
interface Contents {
  readonly tag: string;
  readonly edges: readonly Edge[];
  readonly named?: () => readonly NamedEdge[];
  readonly size: number;
  /** Its indexed properties are in the contents already. */
  readonly indexed: boolean;
  /** Own properties that are in the contents already, or irrelevant. */
  readonly without: readonly PropertyKey[];
}

/** Kinds of objects whose state can be neither read nor compared, with their names. */
const HIDDEN: readonly (readonly [(value: unknown) => boolean, string])[] = [
  [types.isProxy, 'a Proxy'],
  [types.isPromise, 'a Promise'],
  [types.isWeakMap, 'a WeakMap'],
  [types.isWeakSet, 'a WeakSet'],
  [types.isGeneratorObject, 'a generator'],
  [types.isMapIterator, 'an iterator'],
  [types.isSetIterator, 'an iterator'],
  [types.isExternal, 'an object of a native addon'],
];

/** Why an object cannot be hashed, as a noun; null: it can. */
export function hiddenKind(value: object): string | null {
  return HIDDEN.find(([is]) => is(value))?.[1] ?? null;
}

/** The contents of an object with internal state; null for plain properties. */
export function contentsOf(value: object): Contents | null {
  if (Array.isArray(value) || types.isArgumentsObject(value))
    return arrayContents(value as readonly unknown[]);
  if (types.isMap(value)) return mapContents(value);
  if (types.isSet(value)) return listContents('set', [...value], 'values()');
  if (types.isDate(value)) return simple(`date ${primitiveToken(Date.prototype.getTime.call(value))}`);
  if (types.isRegExp(value)) return regExpContents(value);
  if (ArrayBuffer.isView(value)) return viewContents(value);
  if (types.isAnyArrayBuffer(value))
    return simple(`${bufferKind(value)} ${bytesDigest(new Uint8Array(value))}`);
  if (types.isNativeError(value)) return errorContents(value);
  if (types.isBoxedPrimitive(value)) return boxedContents(value);
  return value instanceof URL ? simple(`url ${JSON.stringify(value.href)}`) : null;
}

/** How many values an object's internal state has; 0 without any. */
export function countOf(value: object): number {
  if (Array.isArray(value)) return value.length;
  return types.isMap(value) || types.isSet(value) ? value.size : 0;
}

function simple(tag: string, without: readonly PropertyKey[] = []): Contents {
  return { tag, edges: [], size: 1, indexed: false, without };
}

function arrayContents(value: readonly unknown[]): Contents {
  const kind = Array.isArray(value) ? 'array' : 'arguments';
  // Nearly all lists have only plain items.
  let marks = '';
  const items: unknown[] = [];
  for (let index = 0; index < value.length; index++) {
    const descriptor = Reflect.getOwnPropertyDescriptor(value, index);
    if (!descriptor) {
      items.push(HOLE);
      continue;
    }
    const { get, set } = descriptor;
    if (get ?? set) items.push(get, set);
    else items.push(descriptor.value);
    const mark = (get ?? set) ? accessorMarks(descriptor) : dataMarks(descriptor);
    if (mark !== '') marks += `${index}${mark}`;
  }
  const fixed = Reflect.getOwnPropertyDescriptor(value, 'length')?.writable === false ? ' fixed' : '';
  const list = listContents(`${kind}${fixed}${marks}`, items, '');
  // `callee` of arguments throws, and its iterator is the array's.
  return { ...list, indexed: true, without: ['length', 'callee', Symbol.iterator] };
}

/** The suffix of a key: empty for an ordinary assigned property. */
function dataMarks({ enumerable, writable, configurable }: PropertyDescriptor): string {
  return `${enumerable ? '' : '!'}${writable ? '' : '='}${configurable ? '' : '.'}`;
}

function accessorMarks({ enumerable, configurable, get, set }: PropertyDescriptor): string {
  return `${enumerable ? '' : '!'}${configurable ? '' : '.'}(${get ? 'get' : ''}${set ? 'set' : ''})`;
}

/** A stack differs each time it is read. */
function errorContents(value: Error): Contents {
  const stack = (): NamedEdge[] => {
    const descriptor = Reflect.getOwnPropertyDescriptor(value, 'stack');
    return [{ via: 'member', name: '.stack', value: descriptor?.value, bit: SEEN.place }];
  };
  return { ...simple('error', ['stack']), named: stack };
}

function listContents(kind: string, items: readonly unknown[], within: string): Contents {
  const edges: Edge[] = [];
  const tokens = items.map((item, index) => {
    if (!isDistinct(item)) return primitiveToken(item);
    edges.push({ via: 'member', name: within ? `.${within}[${index}]` : `[${index}]`, value: item });
    return '*';
  });
  return { tag: `${kind} ${tokens.join(',')}`, edges, size: items.length, indexed: false, without: [] };
}

function mapContents(value: ReadonlyMap<unknown, unknown>): Contents {
  const edges: Edge[] = [];
  const token = (part: unknown, name: string): string => {
    if (!isDistinct(part)) return primitiveToken(part);
    edges.push({ via: 'member', name, value: part });
    return '*';
  };
  const tokens = [...value].map(([key, item], index) => {
    const name = isDistinct(key) ? `.values()[${index}]` : `.get(${primitiveName(key)})`;
    return `${token(key, `.keys()[${index}]`)}:${token(item, name)}`;
  });
  return { tag: `map ${tokens.join(',')}`, edges, size: 2 * value.size, indexed: false, without: [] };
}

function primitiveName(key: unknown): string {
  return typeof key === 'string' ? JSON.stringify(key) : String(key);
}

function regExpContents(value: RegExp): Contents {
  return simple(`regexp ${JSON.stringify([value.source, value.flags])} ${primitiveToken(value.lastIndex)}`, [
    'lastIndex',
  ]);
}

function viewContents(value: ArrayBufferView): Contents {
  const kind = types.isTypedArray(value) ? value[Symbol.toStringTag] : 'DataView';
  // For people, a change in it is a change of the view.
  const buffer = { via: 'member', name: '', value: value.buffer } as const;
  const place = `${kind} ${value.byteOffset} ${value.byteLength}`;
  if (!isPooled(value)) return { ...simple(place), edges: [buffer], indexed: true };
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return {
    ...simple(`${kind} ${bytesDigest(bytes)}`),
    named: () => [{ ...buffer, bit: SEEN.around }],
    indexed: true,
  };
}

/** Whether a small Buffer is in Node's shared pool: the bytes around it are unpredictable. */
function isPooled(value: ArrayBufferView): boolean {
  return Buffer.isBuffer(value) && value.byteLength < value.buffer.byteLength;
}

function bufferKind(value: ArrayBufferLike): string {
  const { maxByteLength, resizable, growable } = value as {
    readonly maxByteLength?: number;
    readonly resizable?: boolean;
    readonly growable?: boolean;
  };
  const most = resizable || growable ? ` up to ${maxByteLength ?? ''}` : '';
  return `${types.isSharedArrayBuffer(value) ? 'shared buffer' : 'buffer'}${most}`;
}

function boxedContents(value: object): Contents {
  const primitive = unboxed(value);
  // A boxed string has a property per character.
  const text = typeof primitive === 'string';
  return { ...simple(`boxed ${primitiveToken(primitive)}`, text ? ['length'] : []), indexed: text };
}

/** Uses the built-in method, since an own `valueOf` is user code. */
function unboxed(value: object): unknown {
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  return types.isBigIntObject(value)
    ? BigInt.prototype.valueOf.call(value)
    : Symbol.prototype.valueOf.call(value);
}

export function bytesDigest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

const NO_PROPERTIES = { tag: '', edges: [] };

/**
 * Own properties as edges, getters and setters as functions that are never called, and their keys as a text.
 * @param without keys to leave out, faster than `skip`
 */
export function propertyEdges(
  value: object,
  skip: (key: PropertyKey, descriptor: PropertyDescriptor) => boolean,
  without?: ReadonlySet<PropertyKey>,
): { readonly tag: string; readonly edges: readonly Edge[] } {
  const keys = Reflect.ownKeys(value);
  if (keys.every((key) => without?.has(key))) return NO_PROPERTIES;
  const tokens: string[] = [];
  const edges: Edge[] = [];
  for (const key of keys) {
    if (without?.has(key)) continue;
    const descriptor = Reflect.getOwnPropertyDescriptor(value, key);
    if (!descriptor || skip(key, descriptor)) continue;
    const name = memberName(key);
    const accessor = descriptor.get ?? descriptor.set;
    tokens.push(`${keyToken(key)}${accessor ? accessorMarks(descriptor) : dataMarks(descriptor)}`);
    if (isDistinct(key)) edges.push({ via: 'member', name: `${name} (key)`, value: key });
    if (accessor) {
      edges.push({ via: 'member', name: `${name} (getter)`, value: descriptor.get });
      edges.push({ via: 'member', name: `${name} (setter)`, value: descriptor.set });
    } else edges.push({ via: 'member', name, value: descriptor.value as unknown });
  }
  return { tag: tokens.join(','), edges };
}

/** Whether an object is extensible. */
export function fixedTag(value: object): string {
  return Object.isExtensible(value) ? '' : ' fixed';
}
