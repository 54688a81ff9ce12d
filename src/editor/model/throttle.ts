/** Shortest time between updates of lenses and the side bar. */
export const PROGRESS_PAUSE_MS = 1000;

/** Calls `work` at once, then at most once per pause; calls during a pause happen at its end. */
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
