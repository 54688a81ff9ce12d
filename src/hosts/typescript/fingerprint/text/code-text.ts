import type { Exposure } from './exposure.js';
import type { WrittenMember } from './members.js';
import type { Form } from './syntax.js';

/** A name that a function refers to and does not declare. */
interface FreeName {
  readonly name: string;
  /** The function assigns to it. */
  readonly written: boolean;
}

/** What a function does with its `this`; for an arrow function, the captured one. */
export interface ReceiverUse {
  readonly names: ReadonlySet<string>;
  readonly privateNames: ReadonlySet<string>;
  /** It uses `this` other than by reading named properties. */
  readonly whole: boolean;
  /** It uses `super`, which belongs to its home object. */
  readonly parent: boolean;
}

/** What a function's text alone says about it. */
export interface CodeText {
  readonly form: Form;
  /** The text without positions, comments, layout, local names and names of what it refers to. */
  readonly canonical: string;
  /** The original text, without the method that is left out. */
  readonly own: string;
  /** Digest of `canonical`. */
  readonly hash: string;
  readonly free: readonly FreeName[];
  /** The name by which a function refers to itself. */
  readonly selfName: string | null;
  readonly receiver: ReceiverUse;
  /** Property names that the code reads from anything. */
  readonly propertyNames: ReadonlySet<string>;
  /** Bits of what the code may see; see `SEEN`. */
  readonly reads: number;
  readonly exposure: Exposure;
  /** Running it cannot change anything that it captured. */
  readonly keepsCaptures: boolean;
  /** What the analysis cannot follow, as a predicate. */
  readonly opaque: readonly string[];
  /** It uses `new.target` of the function around it. */
  readonly newTarget: boolean;
  /** Classes: has a private member. */
  readonly hasPrivate: boolean;
  /** Classes: methods that are fully described by the text. */
  readonly members: readonly WrittenMember[];
  /** Classes: variables used only for computed field names, which a class does not keep. */
  readonly keyNames: readonly string[];
  /** Classes: offsets of arrow functions whose `this` is an instance. */
  readonly instanceArrows: ReadonlySet<number>;
  /** V8's position of the function, as an offset in the text. */
  readonly anchor: number;
}

/** The text's own facts, before hashing. */
export type Written = Omit<CodeText, 'hash'>;

/** Whether code reads anything of its `this`. */
export function readsReceiver({ whole, names, privateNames }: ReceiverUse): boolean {
  return whole || names.size > 0 || privateNames.size > 0;
}
