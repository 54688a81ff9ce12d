import { clearInterval, setInterval } from 'node:timers';
import { getOwnPropertyDescriptor, whenSettled } from './kept.js';

/** Milliseconds between checks that promises still settle. */
const EVERY_MS = 500;

/** After this many unanswered checks in a row, promises count as broken. */
const MOST_UNANSWERED = 4;

const KeptPromise = Promise;
const arrays = Array.prototype;
const objects = Object.prototype;
const promises = Promise.prototype;
const { then: keptThen } = promises;
const settled = KeptPromise.resolve();

/**
 * Awaits an author's promise. Fails if changed built-in objects keep all promises from settling, where it would otherwise wait
 * forever.
 * @param end runs first once it has settled
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
