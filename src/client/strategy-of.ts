import { readFileSync } from 'node:fs';

import { fileOfClass, nameInText } from '../hosts/typescript/class-file.js';
import { authorLocation, describeLocation } from '../hosts/typescript/sandbox/author.js';
import { HOST_FLAG } from '../protocol/host-flag.js';
import type { LogLine } from '../protocol/messages.js';
import type { StrategyRef } from '../protocol/payloads.js';
import { parseStrategySpec, strategyRef } from '../protocol/project.js';
import { SeamlessError } from '../sdk/errors.js';
import { Strategy } from '../sdk/strategy.js';

/**
 * Finds a strategy's file and class. @param asker the caller, for messages @throws SeamlessError `usage` or `not-found` when it
 * cannot be found
 */
export function refOf(strategy: unknown, asker: string): StrategyRef {
  return typeof strategy === 'string' ? refOfSpec(strategy) : refOfClass(strategy, asker);
}

function refOfSpec(spec: string): StrategyRef {
  const { file, className } = parseStrategySpec(spec);
  return strategyRef(file, className);
}

function refOfClass(strategy: unknown, asker: string): StrategyRef {
  if (typeof strategy !== 'function' || !(strategy.prototype instanceof Strategy)) {
    throw new SeamlessError(
      'usage',
      `${asker} needs a strategy: give it a class that extends Strategy, or a text such as 'src/momentum.ts#Momentum'.`,
    );
  }
  const file = fileOfClass(strategy);
  const name = strategy.name || 'The strategy';
  if (file === null) {
    throw new SeamlessError(
      'not-found',
      `${name} is not written in a file that can be found: export it from a file of its own, and name that: strategy: 'path/to/file.ts#${name}'.`,
    );
  }
  const text = readFileSync(file, 'utf8');
  const ref = strategyRef(file, strategy.name ? nameInText(text, strategy.name) : null);
  refuseUnexported(ref, text);
  return ref;
}

/** The child would find out too, but only after running this very script, if the class is in it. */
function refuseUnexported({ file, className, projectRoot }: StrategyRef, text: string): void {
  if (className === null) return;
  const name = className.replaceAll('$', '\\$');
  const declared = new RegExp(`\\bclass\\s+${name}(?![\\w$])`).exec(text);
  if (!declared || new RegExp(`\\bexports?\\b[^;(]*?(?<![\\w$])${name}(?![\\w$])`).test(text)) return;
  const location = { file, line: text.slice(0, declared.index).split('\n').length };
  throw new SeamlessError(
    'not-found',
    `${className} (${describeLocation(location, projectRoot)}) is not exported: write "export class ${className}".`,
    { location },
  );
}

/** @param call the called function @throws SeamlessError `compute-only` while a strategy is being loaded */
export function refuseInHost(call: string): void {
  if (!(Symbol.for(HOST_FLAG) in globalThis)) return;
  const location = authorLocation(new Error('called here'), process.cwd(), '');
  const at = location ? ` at ${describeLocation(location, process.cwd())}` : '';
  throw new SeamlessError(
    'compute-only',
    `${call} was called${at} while a strategy was being loaded: keep the strategy in a file of its own, and run it from another one.`,
    { location: location ?? undefined },
  );
}

export function print({ level, text }: LogLine): void {
  const stream = level === 'info' ? process.stdout : process.stderr;
  stream.write(`${text}\n`);
}
