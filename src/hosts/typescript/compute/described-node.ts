import type {
  EdgeDescription,
  MemberDescription,
  NodeDescription,
  OwnCode,
  SourceDescription,
} from '../../../engine/ports/host.js';
import type { SourceLocation } from '../../../sdk/errors.js';
import type { Seconds } from '../../../sdk/time/time.js';

/** A node as its host describes it to the engine. Where it was made is worked out when asked for: it takes the source map, and a hit does without. */
export class DescribedNode implements NodeDescription {
  readonly name: string;
  readonly kind: 'stream' | 'node';
  readonly label: string;
  readonly interval: Seconds | null;
  readonly calendar: string | null;
  readonly anchor: string | null;
  readonly leastHistory: number;
  readonly inputs: readonly EdgeDescription[];
  readonly own: OwnCode;
  readonly scan: boolean;
  readonly source: SourceDescription | null;
  readonly member: MemberDescription | null;
  readonly #locate: () => SourceLocation | null;
  #location: SourceLocation | null | undefined = undefined;

  constructor(parts: Omit<Required<NodeDescription>, 'location'>, locate: () => SourceLocation | null) {
    this.name = parts.name;
    this.kind = parts.kind;
    this.label = parts.label;
    this.interval = parts.interval;
    this.calendar = parts.calendar;
    this.anchor = parts.anchor;
    this.leastHistory = parts.leastHistory;
    this.inputs = parts.inputs;
    this.own = parts.own;
    this.scan = parts.scan;
    this.source = parts.source;
    this.member = parts.member;
    this.#locate = locate;
  }

  get location(): SourceLocation | null {
    if (this.#location === undefined) this.#location = this.#locate();
    return this.#location;
  }
}
