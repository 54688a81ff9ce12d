import { bytesDigest } from '../shape/data-shape.js';
import type { CodeText, Written } from './code-text.js';
import { Normalizer } from './normalizer.js';
import { parseFunction } from './syntax.js';

/** Results by text, and by the name of the method that was left out. */
const analysedTexts = new Map<string, CodeText>();

/**
 * Analyses a function's text, once per text.
 * @param without a method to leave out of a class
 */
export function analyseText(text: string, without: string | null = null): CodeText {
  const key = without === null ? text : `${without} ${text}`;
  let known = analysedTexts.get(key);
  if (!known) {
    const written = analyseAnew(text, without);
    known = { ...written, hash: bytesDigest(Buffer.from(written.canonical)) };
    analysedTexts.set(key, known);
  }
  return known;
}

function analyseAnew(text: string, without: string | null): Written {
  const parsed = parseFunction(text);
  if (!parsed) return unreadable(text);
  try {
    return new Normalizer(parsed, without).run();
  } catch (error) {
    // A tree deeper than the stack counts as unreadable.
    if (error instanceof RangeError) return unreadable(text);
    throw error;
  }
}

function unreadable(text: string): Written {
  return {
    // Except for a plain function, the surrounding `this` may count.
    form: /^(?:async\s+)?function\b/.test(text) ? 'function' : 'arrow',
    canonical: `text:${JSON.stringify(text)}`,
    own: text,
    free: [],
    selfName: null,
    receiver: { names: new Set(), privateNames: new Set(), whole: true, parent: false },
    propertyNames: new Set(),
    reads: 0,
    exposure: {
      coerced: [],
      exposed: [],
      coercesAny: true,
      exposesOwn: true,
      valueNames: ['*'],
      functionNames: [],
    },
    keepsCaptures: false,
    opaque: ['has a text that cannot be parsed by itself'],
    newTarget: false,
    hasPrivate: true,
    members: [],
    keyNames: [],
    instanceArrows: new Set(),
    anchor: 0,
  };
}
