import type {
  ComputeInput,
  ComputeRequest,
  FiringProgress,
  NodeFailure,
} from '../../../engine/ports/host.js';
import type { SourceLocation } from '../../../sdk/errors.js';
import type { DagNode } from '../../../sdk/dag-node.js';
import type { Node } from '../../../sdk/node.js';
import type { ScanNode } from '../../../sdk/scan-node.js';
import type { CrossNode } from '../../../sdk/universe/cross-node.js';
import type { CrossLayout } from '../../../sdk/universe/section.js';
import type { InputSeries } from '../../../sdk/series.js';
import type { Seconds } from '../../../sdk/time/time.js';
import type { ViewInput } from '../../../sdk/view.js';
import type { Wall } from '../wall/wall.js';
import { withLocation } from './failures.js';
import type { Locate } from './location.js';
import type { WriteProtection } from './protection.js';
import type { RowBuilder } from './rows/rows.js';

/** Something that strategy code reached for and must not. The message is a sentence that names it. */
export interface Violation {
  readonly message: string;
  readonly location: SourceLocation | null;
}

/** The compute-only surroundings that author code runs in. */
export interface ComputeContext {
  /**
   * Runs `body`, which calls author code: until it returns, time stands still at the bar last set, and randomness
   * comes from `seed` and that bar. `setBar` and `takeViolation` are called for each bar, so they must be cheap.
   */
  compute<T>(
    what: { readonly node: string; readonly seed: string },
    body: (setBar: (asOf: Seconds) => void) => T,
  ): T;
  /** The first violation since it was last asked, even if author code caught the error; null when there was none. */
  takeViolation(): Violation | null;
  /** Default: author code is trusted with built-in objects. */
  readonly wall?: ComputeWall;
}

/** Between author code and that of the host; see `Wall`. */
export type ComputeWall = Pick<
  Wall,
  'authored' | 'shielded' | 'meddling' | 'lookedAtOnce' | 'undo' | 'spoilt'
>;

/** A value that author code changed though it outlives the call. */
export interface CapturedChange {
  /** `count in closure of bump`. */
  readonly variable: string;
  /** The line that changes it; null when it is not known. */
  readonly location: SourceLocation | null;
}

/** Tells whether author code changed a value that its closure captured. */
export interface CaptureGuard {
  /** The first value that changed; null when none did. */
  changed(): CapturedChange | null;
}

/** A node with code of its own. */
export type ComputedNode = Node | ScanNode | CrossNode<unknown>;

/** What was derived from a node's inputs. In the Core Loop these are the same objects from slot to slot, with other rows. */
interface KeptInputs {
  of: readonly ComputeInput[] | null;
  named: readonly ViewInput[];
  /** For built-ins. */
  readonly series: Map<DagNode, InputSeries>;
}

export interface NodeComputation {
  readonly node: ComputedNode;
  /** One for all nodes with the same code, such as the members of a family. Default: the node itself. */
  readonly definition?: object;
  readonly request: ComputeRequest;
  /** The place of each of the node's inputs among `request.inputs`; see `inputPositions`. */
  readonly positions: ReadonlyMap<DagNode, number>;
  readonly context: ComputeContext;
  /** Of a cross-section: where its members are among the inputs. */
  readonly cross?: CrossLayout | undefined;
  /** What randomness is seeded by, besides the bar. Default: the node's name. */
  readonly seed?: string;
  readonly guard?: CaptureGuard | undefined;
  /** For what may be kept for the next time. */
  readonly kept?: KeptInputs;
  /** Hands out copies of what a bar may see, for code that asks for the memory around it. Default: false. */
  readonly copies?: boolean;
  /** Why nothing can vouch for the code or what it captured; its bars are computed twice then. */
  readonly unseen?: string | undefined;
  /** Default: the first line of the stack that is the author's. */
  readonly locate?: Locate;
  readonly progress: FiringProgress;
  readonly signal: Pick<AbortSignal, 'aborted'>;
}

/** One computation with what its parts share. */
export interface NodeRun extends NodeComputation {
  readonly seed: string;
  readonly locate: Locate;
  readonly inputs: readonly ViewInput[];
  readonly protection: WriteProtection;
  readonly builder: RowBuilder;
}

/** The failure of a node that reached outside, whether or not its code swallowed the error. */
export function violationFailure(asOf: Seconds | null, violation: Violation): NodeFailure {
  const { message, location } = violation;
  return { code: 'compute-only', message: withLocation(message, location), asOf, location };
}
