import type { ChildProcess } from 'node:child_process';
import { forkChild, type ChildOptions } from '../../client/fork.js';
import { builtFile } from '../../protocol/built-file.js';

/** Commands that load a strategy, which this process bundles meanwhile. */
const LOADING: ReadonlySet<string> = new Set(['status', 'materialize']);

let ahead: ChildProcess | null = null;

/** Starts the child of a command before the command itself is loaded, which takes 60 ms. */
export function startChildAhead([command = '', ...rest]: readonly string[]): void {
  if (!LOADING.has(command) || rest.includes('--help') || rest.includes('-h')) return;
  try {
    const child = forkChild({
      childPath: builtFile('child.js'),
      batch: command === 'materialize',
      bundles: true,
    });
    // The command's own attempt fails likewise, and reports it.
    if (child.pid === undefined) child.on('error', () => undefined);
    else ahead = child;
  } catch {
    // The command's own attempt fails likewise, and reports it.
  }
}

/** The child that was started ahead, if it fits these options and still runs. */
export function takeChild({ bundles, loads }: Partial<ChildOptions>): ChildProcess | undefined {
  if (!bundles || loads === false) return undefined;
  const child = ahead;
  ahead = null;
  return child?.exitCode === null && child.signalCode === null ? child : undefined;
}

/** Ends a child that nobody took. */
export function endChildAhead(): void {
  ahead?.kill('SIGKILL');
  ahead = null;
}
