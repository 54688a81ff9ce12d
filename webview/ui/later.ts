/** Milliseconds after the last value until it is passed on. */
const SETTLED = 250;

export interface Later<T> {
  (value: T): void;
  /** Drops the pending call. */
  cancel(): void;
}

/** Debounces: passes on only the last of many values in quick succession. */
export function later<T>(tell: (value: T) => void): Later<T> {
  let timer = 0;
  const ask = (value: T): void => {
    clearTimeout(timer);
    timer = window.setTimeout(() => tell(value), SETTLED);
  };
  return Object.assign(ask, { cancel: () => clearTimeout(timer) });
}
