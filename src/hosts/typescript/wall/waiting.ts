import { clearInterval, setInterval } from 'node:timers';
import { getOwnPropertyDescriptor, whenSettled } from './kept.js';

/** How often promises are checked to still settle, in milliseconds. */
const EVERY_MS = 500;

/** After so many unanswered checks in a row, promises count as broken. */
const MOST_UNANSWERED = 4;

const KeptPromise = Promise;
const arrays = Array.prototype;
const objects = Object.prototype;
const promises = Promise.prototype;
const { then: keptThen } = promises;
const settled = KeptPromise.resolve();

/**
 * A promise of the author's, to be waited for. It fails where what was put on built-in objects keeps all promises from settling, which
 * would otherwise never end.
 * @param end runs first once it has settled.
 */
export function waitedFor<T>(given: Promise<T>, end: () => void): Promise<T> {
  return new KeptPromise<T>((resolve, reject: (reason: Error) => void) => {
    let unanswered = 0;
    const stop = (): void => {
      clearInterval(timer);
      end();
    };
    const timer = setInterval(() => {
      const name = changedThen();
      if (name === null) return;
      if (unanswered++ < MOST_UNANSWERED) {
        const answered = (): void => void (unanswered = 0);
        void whenSettled(anyPromise(), answered, answered);
        return;
      }
      stop();
      reject(
        new Error(
          `the strategy changed ${name}, which is built in, so that no promise settles any more: leave it as it was.`,
        ),
      );
    }, EVERY_MS);
    void whenSettled(
      given,
      (value) => {
        stop();
        resolve(value as T);
      },
      (reason) => {
        stop();
        reject(reason as Error);
      },
    );
  });
}

/** Settles only if a returned promise and a list do. */
async function anyPromise(): Promise<unknown> {
  await (async () => settled)();
  return [];
}

function changedThen(): string | null {
  if (getOwnPropertyDescriptor(objects, 'then')) return 'Object.prototype.then';
  if (getOwnPropertyDescriptor(arrays, 'then')) return 'Array.prototype.then';
  return getOwnPropertyDescriptor(promises, 'then')?.value === keptThen ? null : 'Promise.prototype.then';
}
