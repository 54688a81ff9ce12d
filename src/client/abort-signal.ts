/** What is used of an `AbortSignal`: its type is not at hand in a folder that never installed anything. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
}

export function abortSignal(signal: CancelSignal | undefined): AbortSignal {
  const controller = new AbortController();
  if (signal?.aborted) controller.abort();
  signal?.addEventListener('abort', () => {
    controller.abort();
  });
  return controller.signal;
}
