import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { errors, type Locator } from 'playwright-core';

/** What has not come by then does not come. No test is judged by it. */
export const NEVER_MS = 240_000;

/** Resolves once what is read is as expected: views are drawn one after another. Throws what differs when it never is. */
export async function becomes<T>(read: () => T | Promise<T>, expected: T): Promise<void> {
  const late = performance.now() + NEVER_MS;
  let found = await read();
  while (!isDeepStrictEqual(found, expected) && performance.now() < late) {
    await sleep(100);
    found = await read();
  }
  assert.deepEqual(found, expected);
}

/** Whether something that is waited for with a time limit came about; whatever else goes wrong is thrown. */
export async function happened(waited: Promise<unknown>): Promise<boolean> {
  try {
    await waited;
    return true;
  } catch (error) {
    if (error instanceof errors.TimeoutError) return false;
    throw error;
  }
}

/**
 * Clicks, and gives whether the click was made. False means that nothing was clicked, since what was to be clicked did not come
 * to be visible and at rest in so many milliseconds: then the click may be tried again without being made twice.
 * @param position within the target, in pixels; its middle unless given
 */
export async function clicked(
  target: Locator,
  limitMs: number,
  position?: { readonly x: number; readonly y: number },
): Promise<boolean> {
  const how = { timeout: limitMs, ...(position ? { position } : {}) };
  if (!(await happened(target.click({ ...how, trial: true })))) return false;
  try {
    await target.click(how);
    return true;
  } catch (error) {
    if (!(error instanceof errors.TimeoutError)) throw error;
    // A busy page may answer late to a click that it was given.
    return error.message.includes('performing click action');
  }
}
