import type { NodeDescription } from '../../../engine/ports/host.js';
import type { SourceLocation } from '../../../sdk/errors.js';

/** A description whose place is looked up when needed: that takes the source map, and a hit does without. */
export function describedNode(
  parts: Omit<NodeDescription, 'location'>,
  locate: () => SourceLocation | null,
): NodeDescription {
  return new DescribedNode(parts, locate);
}

/** A getter of a class: an object with a getter of its own has a shape of its own, which is dear by the thousand. */
class DescribedNode implements NodeDescription {
  readonly name: NodeDescription['name'];
  readonly kind: NodeDescription['kind'];
  readonly label: NodeDescription['label'];
  readonly interval: NodeDescription['interval'];
  readonly calendar: string | null;
  readonly anchor: string | null;
  readonly leastHistory: NodeDescription['leastHistory'];
  readonly inputs: NodeDescription['inputs'];
  readonly own: NodeDescription['own'];
  readonly scan: boolean;
  readonly source: NodeDescription['source'];
  readonly member: NonNullable<NodeDescription['member']> | null;
  readonly #locate: () => SourceLocation | null;
  #location: SourceLocation | null | undefined;

  constructor(parts: Omit<NodeDescription, 'location'>, locate: () => SourceLocation | null) {
    this.name = parts.name;
    this.kind = parts.kind;
    this.label = parts.label;
    this.interval = parts.interval;
    this.calendar = parts.calendar ?? null;
    this.anchor = parts.anchor ?? null;
    this.leastHistory = parts.leastHistory;
    this.inputs = parts.inputs;
    this.own = parts.own;
    this.scan = parts.scan ?? false;
    this.source = parts.source;
    this.member = parts.member ?? null;
    this.#locate = locate;
  }

  get location(): SourceLocation | null {
    return this.#location === undefined ? (this.#location = this.#locate()) : this.#location;
  }
}
