import type * as v from 'valibot';
import type { ResultOf } from '../../src/panel/protocol.js';
import type { ResultsAnswers, ResultsRequests } from '../../src/panel/results/messages.js';
import type { ResultsView } from './view-state.js';

/** What the parts of the page may do. */
export interface ResultsHandlers {
  readonly request: <K extends keyof ResultsRequests>(
    kind: K,
    payload: v.InferOutput<ResultsRequests[K]>,
  ) => Promise<ResultOf<ResultsAnswers, K>>;
  /** Runs a person's action and shows its error. */
  readonly ask: (asked: Promise<unknown>) => void;
  readonly update: (change: Partial<ResultsView>) => void;
  /** For the log only: the person sees it where it happened. */
  readonly log: (error: unknown) => void;
}
