import type { Part } from '../../../engine/ports/host.js';
import { canonicalJson } from '../../../engine/fingerprint/fingerprints.js';
import { bytesDigest } from './shape/data-shape.js';
import type { FunctionPlace } from './inspection.js';
import type { CodePart } from './parts.js';
import { shorten } from './preview.js';

/** Characters kept of a function's text: enough to show what an edit changed in all but the longest. */
const TEXT_LENGTH = 2000;

/** What a function's hash is made of, as the engine and the store know it. */
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

/** Parameters of a node that its host knows: of a built-in indicator, or the form of its function. */
export function optionParts(options: Readonly<Record<string, unknown>>): Part[] {
  return Object.entries(options).flatMap(([name, value]): Part[] => {
    if (value === undefined) return [];
    const text = canonicalJson(value);
    const hash = bytesDigest(Buffer.from(text));
    return [{ kind: 'option', name, owner: '', title: name, file: null, hash, text: shorten(text) }];
  });
}
