import { SeamlessError } from '../sdk/errors.js';

/** Which author code was stopped, and whether it computed or waited too long. */
export interface Stuck {
  readonly what: 'setup' | 'provider';
  readonly how: 'loop' | 'wait';
  /** Processor time for a loop, wall-clock time for a wait. */
  readonly seconds: number;
}

export function stuckError({ what, how, seconds }: Stuck): SeamlessError {
  const setUp = what === 'setup';
  const subject = setUp
    ? 'The strategy was not set up'
    : 'A historyProvider did not tell its version or its bounds';
  const place = setUp ? 'in its setup() or at the top of its file' : 'in its version() and bounds()';
  return new SeamlessError(
    'strategy',
    how === 'loop'
      ? `${subject} within ${seconds} seconds of processor time: look for a loop that does not end, or for heavy work, ${place}.`
      : `${subject}, and did nothing for ${seconds} seconds: look for an await of something that never comes ${place}.`,
  );
}
