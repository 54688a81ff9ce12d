import { close, open, url, waitForDebugger } from 'node:inspector';

/**
 * Opens this process to a debugger on this machine, tells where, waits until one is attached and has set its breakpoints,
 * and does the work. While it waits, and while the debugger holds the work up, this thread hears of nothing.
 */
export async function underDebugger<T>(
  tell: (address: string) => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  // Port 0: any that is free.
  open(0, '127.0.0.1');
  try {
    await tell(url() ?? '');
    waitForDebugger();
    return await work();
  } finally {
    // After the answer is on its way: whoever sees the debugger go before it knows that a person ended it.
    setImmediate(close);
  }
}
