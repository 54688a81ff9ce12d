import type { Exposure } from './exposure.js';
import type { WrittenMember } from './members.js';
import type { Form } from './syntax.js';

/** A name that a function refers to and does not declare. */
interface FreeName {
  readonly name: string;
  /** The function assigns to it. */
  readonly written: boolean;
}

/** What a function does with the `this` it is called with or, for an arrow, was made with. */
export interface ReceiverUse {
  readonly names: ReadonlySet<string>;
  readonly privateNames: ReadonlySet<string>;
  /** It uses `this` other than by reading named properties. */
  readonly whole: boolean;
  /** It uses `super`, which is of the object the function was written in. */
  readonly parent: boolean;
}

/** What the text of a function alone says about it. */
export interface CodeText {
  readonly form: Form;
  /** The text without positions, comments, layout, names of locals and names of what it refers to. */
  readonly canonical: string;
  /** The text as it is, without the method that is left out. */
  readonly own: string;
  /** Digest of `canonical`. */
  readonly hash: string;
  readonly free: readonly FreeName[];
  /** The name by which a function refers to itself. */
  readonly selfName: string | null;
  readonly receiver: ReceiverUse;
  /** Names of properties that the code reads from anything. */
  readonly propertyNames: ReadonlySet<string>;
  /** Bits of what the code may see; see `SEEN`. */
  readonly reads: number;
  readonly exposure: Exposure;
  /** Nothing that the function captured can change by its running. */
  readonly keepsCaptures: boolean;
  /** What the analysis cannot follow, as a predicate in words. */
  readonly opaque: readonly string[];
  /** It uses `new.target` of the function around it. */
  readonly newTarget: boolean;
  /** Classes: one of its members is private. */
  readonly hasPrivate: boolean;
  /** Classes: methods that the text says all of. */
  readonly members: readonly WrittenMember[];
  /** Classes: variables that only names of fields are worked out from, which a class does not keep. */
  readonly keyNames: readonly string[];
  /** Classes: where arrows start whose `this` is an instance, as offsets in the text. */
  readonly instanceArrows: ReadonlySet<number>;
  /** Where V8 says the function is, as an offset in the text. */
  readonly anchor: number;
}

/** What the text itself says, before it is hashed. */
export type Written = Omit<CodeText, 'hash'>;

/** Whether code reads anything of its `this`. */
export function readsReceiver({ whole, names, privateNames }: ReceiverUse): boolean {
  return whole || names.size > 0 || privateNames.size > 0;
}
