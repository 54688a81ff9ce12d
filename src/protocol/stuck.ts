import { SeamlessError } from '../sdk/errors.js';

/** What of the author's was at work when its process was ended, and how: it computed on and on, or waited on and on. */
export interface Stuck {
  readonly what: 'setup' | 'provider';
  readonly how: 'loop' | 'wait';
  /** Of processor time for a loop, of the clock for a wait; a text to be filled in. */
  readonly seconds: number | string;
}

const LINE = /^seamless: stuck in (setup|provider) by (loop|wait) after (\d+) s$/;

/** The last line on stderr of a process that ends because of what the author's code does. */
export function stuckLine({ what, how, seconds }: Stuck): string {
  return `seamless: stuck in ${what} by ${how} after ${seconds} s`;
}

/** The error that such a line stands for; null for any other. */
export function stuckError(line: string): SeamlessError | null {
  const [, what, how, seconds = ''] = LINE.exec(line.trim()) ?? [];
  if (what === undefined) return null;
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
