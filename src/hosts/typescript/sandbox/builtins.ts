import { createRequire, isBuiltin } from 'node:module';
// Named imports from these are created here, so that they refer to guarded functions. Bundlers drop an import of nothing.
import processImports from 'node:process';
import threadImports from 'node:worker_threads';

import { inspect } from 'node:util';

import { guarded, type Check, type Patches } from './patches.js';
import {
  CLOCK,
  fileRule,
  GUARDED,
  GUARDED_GLOBALS,
  GUARDED_VALUES,
  IDENTITY,
  LEFT,
  LISTENER_METHODS,
  type GuardedGroup,
  type Rule,
} from './rules.js';
import { SeamlessError } from '../../../sdk/errors.js';

const require = createRequire(import.meta.url);

const MADE: readonly (readonly [string, object])[] = [
  ['process', processImports],
  ['worker_threads', threadImports],
];

export type RuleCheck = (api: string, rule: Rule, args?: readonly unknown[]) => void;

/** Adds a check before every Node function that a strategy must not call. */
export function guardBuiltins(patches: Patches, check: RuleCheck): void {
  const modules = loadModules();
  // Nested objects first: they are reached through functions that are about to be wrapped.
  const inner = GUARDED.filter((group) => group.within !== undefined);
  const outer = GUARDED.filter((group) => group.within === undefined);
  for (const group of [...inner, ...outer]) {
    const found = modules.get(group.module);
    const target = found && resolve(found, group.within);
    if (target) guardGroup(patches, group, target, check);
  }
  for (const name of ['timeOrigin', 'nodeTiming'])
    patches.guardValue(performance, name, `performance.${name}`, (api) => check(api, CLOCK));
  patches.guardValue(Event.prototype, 'timeStamp', 'Event.timeStamp', (api) => check(api, CLOCK));
  guardIdentity(patches, modules, check);
}

/**
 * Guards the ways in which one bar's code could affect another's without a variable: listeners, channels, the last match.
 * @param isComputing whether a bar is being computed: otherwise Node and the host use them freely
 */
export function guardLeft(patches: Patches, isComputing: () => boolean, refuse: RuleCheck): void {
  const check: Check = (api) => {
    if (isComputing()) refuse(api, LEFT);
  };
  for (const [key, { get, set }] of Object.entries(Object.getOwnPropertyDescriptors(RegExp))) {
    if (!get || !set) continue;
    patches.define(RegExp, key, {
      get: () => (check(`RegExp.${key}`), Reflect.apply(get, RegExp, []) as unknown),
      set: (value: unknown) => {
        Reflect.apply(set, RegExp, [value]);
      },
    });
  }
  for (const name of LISTENER_METHODS) {
    const value = guarded(process[name], () => check(`process.${name}`));
    patches.define(process, name, { value, writable: true });
  }
}

/** What differs between processes, in modules and as a timer's number. */
function guardIdentity(patches: Patches, modules: ReadonlyMap<string, object>, check: RuleCheck): void {
  const identity: Check = (api) => check(api, IDENTITY);
  for (const { module, names } of GUARDED_VALUES) {
    const target = modules.get(module);
    for (const name of target ? names : [])
      patches.guardValue(target as object, name, `${module}.${name}`, identity);
  }
  const timer = setTimeout(() => undefined);
  clearTimeout(timer);
  const timers = Object.getPrototypeOf(timer) as object;
  for (const key of [Symbol.toPrimitive, inspect.custom])
    patches.guardFunction(timers, key, 'the number of a timer', identity);
}

/** Adds a check before the global ways to the network. */
export function guardGlobals(patches: Patches, check: RuleCheck): void {
  for (const { name, rule } of GUARDED_GLOBALS) {
    const ruled: Check = (api) => check(api, rule);
    if (name in globalThis) patches.guardFunction(globalThis, name, name, ruled);
    else
      patches.define(globalThis, name, {
        value: absentClass(name, ruled),
        writable: true,
        enumerable: false,
      });
  }
}

function guardGroup(patches: Patches, group: GuardedGroup, target: object, check: RuleCheck): void {
  const prefix = group.within ? `${group.module}.${group.within}` : group.module;
  const names = group.names ?? functionNames(target).filter((name) => !group.except?.includes(name));
  for (const name of names) {
    const rule = group.module === 'fs' ? fileRule(name) : group.rule;
    patches.guardFunction(target, name, apiName(`${prefix}.${name}`), (api, args) => check(api, rule, args));
  }
}

/** The name an author would write: `performance.now`, `net.Socket.connect`, `inspector.Session`. */
function apiName(path: string): string {
  return path
    .replace('.prototype.', '.')
    .replace('perf_hooks.', '')
    .replace('crypto.webcrypto.', 'crypto.')
    .replace('inspector/promises', 'inspector');
}

function functionNames(target: object): string[] {
  return Object.keys(target).filter((name) => typeof Reflect.get(target, name) === 'function');
}

function resolve(module: object, path: string | undefined): object | null {
  let value: unknown = module;
  for (const key of path?.split('.') ?? []) value = isObject(value) ? Reflect.get(value, key) : undefined;
  return isObject(value) ? value : null;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** The modules with a rule that this Node has. Loading the experimental ones must not print a warning. */
function loadModules(): Map<string, object> {
  const names = new Set(GUARDED.map(({ module }) => module));
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    const present = [...names].filter((name) => isBuiltin(`node:${name}`));
    const modules = present.map((name): [string, object] => [name, require(`node:${name}`) as object]);
    return new Map([...modules, ...MADE]);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function absentClass(name: string, check: Check): object {
  return class {
    constructor() {
      check(name);
      throw new SeamlessError(
        'source',
        `Node.js ${process.version} has no ${name}: import one from a package in the provider that needs it.`,
      );
    }
  };
}
