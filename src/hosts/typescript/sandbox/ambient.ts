import { inspect } from 'node:util';

import type { RuleCheck } from './builtins.js';
import type { Patches } from './patches.js';
import { CLOCK, ENVIRONMENT, TIME_ZONE } from './rules.js';
import type { Zones } from './zones.js';

/**
 * Replaces the clock by the bar's close, and `Math.random` by the bar's random numbers, while a node is computed.
 * @param real called at each use of the real ones
 */
export function replaceClockAndRandom(
  patches: Patches,
  zones: Zones,
  check: RuleCheck,
  real: () => void,
): void {
  const barTime = (api: string): number => {
    const asOf = zones.computing?.asOf ?? NaN;
    // The column form sees many bars at once, so there is no single time.
    if (Number.isNaN(asOf)) check(api, CLOCK);
    return asOf * 1000;
  };
  const isReal = (): boolean => {
    if (zones.computing !== null) return false;
    real();
    return true;
  };
  replaceDate(patches, isReal, barTime);
  replaceDateFormat(patches, isReal, barTime);
  const { random } = Math;
  patches.define(Math, 'random', {
    value: () => {
      const { computing } = zones;
      if (computing === null) {
        real();
        return random();
      }
      barTime('Math.random');
      return computing.random();
    },
    writable: true,
  });
}

type BarTime = (api: string) => number;

function replaceDate(patches: Patches, isReal: () => boolean, barTime: BarTime): void {
  const RealDate = Date;
  const { now } = RealDate;
  patches.define(RealDate, 'now', {
    value: () => (isReal() ? now() : barTime('Date.now')),
    writable: true,
  });
  // The proxy shares the prototype, so that dates from before and after are instances of both.
  const BarDate = new Proxy(RealDate, {
    apply: () => new BarDate().toString(),
    construct: (target, args, newTarget) =>
      Reflect.construct(
        target,
        args.length === 0 && !isReal() ? [barTime('new Date')] : args,
        newTarget,
      ) as object,
  });
  patches.define(RealDate.prototype, 'constructor', { value: BarDate, writable: true });
  patches.define(globalThis, 'Date', { value: BarDate, writable: true });
}

/** `Intl.DateTimeFormat` formats the present when no date is given. */
function replaceDateFormat(patches: Patches, isReal: () => boolean, barTime: BarTime): void {
  const prototype = Intl.DateTimeFormat.prototype;
  const formatGetter = Object.getOwnPropertyDescriptor(prototype, 'format')?.get;
  const { formatToParts } = prototype;
  const orBarTime = (date: Date | number | undefined): Date | number | undefined =>
    date === undefined && !isReal() ? barTime('Intl.DateTimeFormat') : date;
  patches.define(prototype, 'format', {
    get(this: Intl.DateTimeFormat) {
      const format = formatGetter?.call(this) as Intl.DateTimeFormat['format'];
      return (date?: Date | number) => format(orBarTime(date));
    },
  });
  patches.define(prototype, 'formatToParts', {
    value(this: Intl.DateTimeFormat, date?: Date | number) {
      return formatToParts.call(this, orBarTime(date));
    },
    writable: true,
  });
}

/** Adds a check before every use of `process.env`. */
export function guardEnvironment(patches: Patches, check: RuleCheck): void {
  const environment = process.env;
  const checkRead = (): void => check('process.env', ENVIRONMENT);
  const checkWrite = (key: PropertyKey): void => check('process.env', key === 'TZ' ? TIME_ZONE : ENVIRONMENT);
  // The proxy's target is not the environment: `inspect` bypasses traps.
  const shown = { value: () => (checkRead(), { ...environment }), configurable: true };
  const value = new Proxy(Object.defineProperty({}, inspect.custom, shown), {
    get: (_, key) =>
      key === inspect.custom ? shown.value : (checkRead(), Reflect.get(environment, key) as unknown),
    has: (_, key) => (checkRead(), Reflect.has(environment, key)),
    ownKeys: () => (checkRead(), Reflect.ownKeys(environment)),
    getOwnPropertyDescriptor: (_, key) => (checkRead(), Reflect.getOwnPropertyDescriptor(environment, key)),
    set: (_, key, to: unknown) => (checkWrite(key), Reflect.set(environment, key, to)),
    defineProperty: (_, key, to) => (checkWrite(key), Reflect.defineProperty(environment, key, to)),
    deleteProperty: (_, key) => (checkWrite(key), Reflect.deleteProperty(environment, key)),
  });
  patches.define(process, 'env', { value, writable: true, enumerable: true });
}

/** Gives every Buffer its own memory, so that leftovers and the pool's state are invisible. */
export function replaceSharedMemory(patches: Patches): void {
  const { alloc } = Buffer;
  patches.define(Buffer, 'poolSize', { value: 0, writable: true, enumerable: true });
  for (const name of ['allocUnsafe', 'allocUnsafeSlow'])
    patches.define(Buffer, name, { value: (size: number) => alloc(size), writable: true, enumerable: true });
}
