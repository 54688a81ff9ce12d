import type { Part } from '../../../engine/ports/host.js';
import { canonicalJson } from '../../../engine/fingerprint/fingerprints.js';
import { bytesDigest } from './shape/data-shape.js';
import type { FunctionPlace } from './inspection.js';
import type { CodePart } from './parts.js';
import { shorten } from './preview.js';

/** How many characters of a function's text are kept: enough to show an edit in all but the longest. */
const TEXT_LENGTH = 2000;

/** The parts of a function's hash, in the form of the engine and the store. */
export function describeParts(
  parts: readonly CodePart[],
  fileOf: (place: FunctionPlace) => string | null,
): Part[] {
  return parts.map((part): Part => {
    const { subject: name, owner, hash, title } = part;
    const code = part.kind === 'function' || part.kind === 'class';
    const file = code && part.place ? fileOf(part.place) : null;
    const text = code ? part.text.replace(/\s+/g, ' ').slice(0, TEXT_LENGTH) : part.preview;
    return {
      kind: part.kind,
      name,
      owner,
      title: title || lastName(name),
      file,
      hash,
      text,
    };
  });
}

/** `this.limits.low (getter)` ends in `low`. */
function lastName(subject: string): string {
  return /([\w$#]+)[^\w$#]*$/.exec(subject.replace(/ \(.*\)$/, ''))?.[1] ?? '';
}

/** A node's parameters that the host knows: those of a built-in indicator, or the form of its function. */
export function optionParts(options: Readonly<Record<string, unknown>>): Part[] {
  return Object.entries(options).flatMap(([name, value]): Part[] => {
    if (value === undefined) return [];
    const text = canonicalJson(value);
    const hash = bytesDigest(Buffer.from(text));
    return [{ kind: 'option', name, owner: '', title: name, file: null, hash, text: shorten(text) }];
  });
}
