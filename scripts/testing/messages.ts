import type { Results } from './results.js';

/** What a suite prints ends with this: messages and text come by ways of their own. */
export const FILE_END = '\u001e';

/** What a lane tells of the file it was sent. */
export type LaneMessage =
  | { readonly type: 'test'; readonly title: string }
  | FileEnded
  | { readonly type: 'broken'; readonly sentence: string };

export interface FileEnded {
  readonly type: 'file';
  readonly results: Results;
  /** Processes that the suite started and left. */
  readonly left: readonly string[];
  readonly seconds: number;
  /** Of this process and of all that descend from it. */
  readonly processorSeconds: number;
}
