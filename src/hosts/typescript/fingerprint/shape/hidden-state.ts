import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import { propertyEdges } from './data-shape.js';
import type { Inspection } from '../inspection.js';
import type { Edge } from './shape.js';

/* State that cannot be hashed but can be watched while bars are computed: a change must be noticed. */

/** Kinds with invisible state that almost any use changes. */
const UNSEEN =
  /Iterator$|^(?:TextDecoder|TextDecoderStream|StringDecoder|Hash|Hmac|Sign|Verify|Cipher\w*|Decipher\w*|AsyncLocalStorage|AsyncGenerator)$/;

/** Kinds whose state is in the object's own properties, public or private. */
const OPEN: ReadonlySet<string> = new Set([
  'URLSearchParams',
  'EventEmitter',
  'EventTarget',
  'AbortSignal',
  'Headers',
  'HeadersList',
  'FormData',
]);

/** Static properties with the results of the last regular expression match. */
const OF_LAST_MATCH = /^(?:\$[1-9&_+`']|input|lastMatch|lastParen|leftContext|rightContext)$/;

/** What cannot be seen never equals its earlier state. */
function unseen(name: string): Edge {
  return { via: 'member', name, value: Symbol('seamless.unseen') };
}

/** What can be watched of an object whose contents cannot be hashed. @param kind the built-in class with the state, if any */
export function hiddenState(value: object, inspection: Inspection, kind: string | null): Edge[] {
  if (kind !== null && UNSEEN.test(kind)) return [unseen('')];
  // It creates its signal on first access.
  if (kind === 'AbortController')
    return [{ via: 'member', name: '.signal', value: Reflect.get(value, 'signal') as unknown }];
  if (kind !== null && !OPEN.has(kind)) return [];
  const inner = inspection.innerState(value).map((member): Edge => ({ via: 'member', ...member }));
  // Reading a Proxy would run the strategy's code.
  if (types.isProxy(value)) return inner;
  const members = inspection
    .privateMembers(value)
    .map((member): Edge => ({ via: 'member', name: `.${member.name}`, value: member.value }));
  return [...inner, ...members, ...propertyEdges(value, () => false).edges];
}

/** State that built-in objects keep behind an accessor, or that does not count otherwise. */
export function builtInState(value: object): Edge[] {
  if (value === Error) return [{ via: 'member', name: '.stackTraceLimit', value: Error.stackTraceLimit }];
  if (value === EventEmitter)
    return [{ via: 'member', name: '.defaultMaxListeners', value: EventEmitter.defaultMaxListeners }];
  return [];
}

/** The property by which code reads the last match, which may be another bar's; null: none. */
export function lastMatchRead(propertyNames: ReadonlySet<string>): Edge | null {
  const name = [...propertyNames].find((each) => OF_LAST_MATCH.test(each));
  return name === undefined ? null : { ...unseen(`RegExp.${name}`), via: 'capture' };
}
