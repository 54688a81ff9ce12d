import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import { propertyEdges } from './data-shape.js';
import type { Inspection } from '../inspection.js';
import type { Edge } from './shape.js';

/*
 * State that a fingerprint cannot vouch for, but that can be watched while bars are computed: what reads it must notice when it changes.
 */

/** Kinds whose state nobody can see, and which almost any use changes. */
const UNSEEN =
  /Iterator$|^(?:TextDecoder|TextDecoderStream|StringDecoder|Hash|Hmac|Sign|Verify|Cipher\w*|Decipher\w*|AsyncLocalStorage|AsyncGenerator)$/;

/** Kinds whose state is in properties, public or private, of the object itself. */
const OPEN: ReadonlySet<string> = new Set([
  'URLSearchParams',
  'EventEmitter',
  'EventTarget',
  'AbortSignal',
  'Headers',
  'HeadersList',
  'FormData',
]);

/** Static properties in which the language keeps what the last match of any regular expression left. */
const OF_LAST_MATCH = /^(?:\$[1-9&_+`']|input|lastMatch|lastParen|leftContext|rightContext)$/;

/** What cannot be seen never equals what it was. */
function unseen(name: string): Edge {
  return { via: 'member', name, value: Symbol('seamless.unseen') };
}

/** What of an object can be watched whose contents cannot be hashed. @param kind the class that keeps them, if one does. */
export function hiddenState(value: object, inspection: Inspection, kind: string | null): Edge[] {
  if (kind !== null && UNSEEN.test(kind)) return [unseen('')];
  // It makes its signal when that is first asked for.
  if (kind === 'AbortController')
    return [{ via: 'member', name: '.signal', value: Reflect.get(value, 'signal') as unknown }];
  if (kind !== null && !OPEN.has(kind)) return [];
  const inner = inspection.innerState(value).map((member): Edge => ({ via: 'member', ...member }));
  // Reading a Proxy would run code of the strategy's.
  if (types.isProxy(value)) return inner;
  const members = inspection
    .privateMembers(value)
    .map((member): Edge => ({ via: 'member', name: `.${member.name}`, value: member.value }));
  return [...inner, ...members, ...propertyEdges(value, () => false).edges];
}

/** State that built-in objects keep behind an accessor or leave out of what counts. */
export function builtInState(value: object): Edge[] {
  if (value === Error) return [{ via: 'member', name: '.stackTraceLimit', value: Error.stackTraceLimit }];
  if (value === EventEmitter)
    return [{ via: 'member', name: '.defaultMaxListeners', value: EventEmitter.defaultMaxListeners }];
  return [];
}

/** The property by which code reads what the last match left, which may be one of another bar; null when it reads none. */
export function lastMatchRead(propertyNames: ReadonlySet<string>): Edge | null {
  const name = [...propertyNames].find((each) => OF_LAST_MATCH.test(each));
  return name === undefined ? null : { ...unseen(`RegExp.${name}`), via: 'capture' };
}
