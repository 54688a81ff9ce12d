import type { NodeDescription } from '../../../engine/ports/host.js';
import type { SourceLocation } from '../../../sdk/errors.js';

/** A description whose place is looked up when needed: that takes the source map, and a hit does without. */
export function describedNode(
  common: SharedParts,
  own: OwnParts,
  locate: () => SourceLocation | null,
): NodeDescription {
  return new DescribedNode(common, own, locate);
}

/** What members of a family may share. */
export type SharedParts = Omit<NodeDescription, 'location' | keyof OwnParts>;

type OwnParts = Pick<NodeDescription, 'name' | 'inputs' | 'member'>;

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

  constructor(common: SharedParts, own: OwnParts, locate: () => SourceLocation | null) {
    this.name = own.name;
    this.kind = common.kind;
    this.label = common.label;
    this.interval = common.interval;
    this.calendar = common.calendar ?? null;
    this.anchor = common.anchor ?? null;
    this.leastHistory = common.leastHistory;
    this.inputs = own.inputs;
    this.own = common.own;
    this.scan = common.scan ?? false;
    this.source = common.source;
    this.member = own.member ?? null;
    this.#locate = locate;
  }

  get location(): SourceLocation | null {
    return this.#location === undefined ? (this.#location = this.#locate()) : this.#location;
  }
}
