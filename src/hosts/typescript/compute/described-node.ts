import type { NodeDescription } from '../../../engine/ports/host.js';
import type { SourceLocation } from '../../../sdk/errors.js';

/** A description whose place is looked up when needed: that takes the source map, and a hit does without. */
export function describedNode(
  parts: Omit<NodeDescription, 'location'>,
  locate: () => SourceLocation | null,
): NodeDescription {
  let location: SourceLocation | null | undefined;
  return {
    ...parts,
    get location() {
      return location === undefined ? (location = locate()) : location;
    },
  };
}
