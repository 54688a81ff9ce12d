/** Lenses and the side bar hear of progress at most this often. */
export const PROGRESS_PAUSE_MS = 1000;

/** Calls `work` at once, and then at most once in each pause; what is asked in between is done at its end. */
export function throttle(work: () => void, pauseMs: number): { (): void; dispose(): void } {
  let timer: NodeJS.Timeout | null = null;
  let again = false;
  const run = (): void => {
    work();
    timer = setTimeout(() => {
      timer = null;
      if (again) {
        again = false;
        run();
      }
    }, pauseMs);
  };
  const ask = (): void => {
    if (timer) again = true;
    else run();
  };
  return Object.assign(ask, {
    dispose: () => {
      if (timer) clearTimeout(timer);
      again = false;
    },
  });
}
