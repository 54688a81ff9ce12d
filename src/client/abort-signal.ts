import type { CancelSignal } from '../sdk/cancel-signal.js';

export function abortSignal(signal: CancelSignal | undefined): AbortSignal {
  const controller = new AbortController();
  if (signal?.aborted) controller.abort();
  signal?.addEventListener('abort', () => controller.abort());
  return controller.signal;
}
