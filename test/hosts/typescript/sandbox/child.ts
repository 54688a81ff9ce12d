// A child process of the isolation tests: loads a strategy as the real one does, computes bars, and tells its parent.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { DuckDBInstance } from '@duckdb/node-api';

import { bundleStrategy } from '../../../../src/hosts/typescript/bundle/bundle.js';
import { authorLocation } from '../../../../src/hosts/typescript/sandbox/author.js';
import {
  installComputeOnly,
  type ComputeOnlyContext,
} from '../../../../src/hosts/typescript/sandbox/context.js';
import { loadStrategy } from '../../../../src/hosts/typescript/load.js';
import { SeamlessError } from '../../../../src/sdk/errors.js';
import { Node, StreamInput } from '../../../../src/sdk/node.js';
import type { View } from '../../../../src/sdk/view.js';
import type { Computed, Outcome, Order, ToldError } from './run.js';

const [orderText = '{}'] = process.argv.slice(2);
const order = JSON.parse(orderText) as Order;
// Taken before the guards are up, so that the outcome is told even when they are wrong.
const send = process.send?.bind(process) ?? assert.fail('This is started by fork().');
const before = guardedThings();
const strays: ToldError[] = [];
const shared = globalThis as { tried?: Outcome['tried']; released?: Promise<void> };
let release = (): void => {};
shared.released = new Promise((resolve) => (release = resolve));

function tell(error: unknown): ToldError {
  assert.ok(error instanceof Error);
  const told = {
    type: error.name,
    message: error.message,
    code: null,
    location: null,
    node: null,
    asOf: null,
  };
  if (!(error instanceof SeamlessError)) return told;
  const { code, location = null, node = null, asOf = null } = error;
  return { ...told, code, location, node, asOf };
}

/** What the host does while user code is loaded; the last thing is to take the guards away. */
async function hostChecks(context: ComputeOnlyContext): Promise<string[]> {
  const text = await readFile(join(order.root, order.file), 'utf8');
  const again = await bundleStrategy({ file: order.file, projectRoot: order.root, sdkUrl: order.sdkUrl });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const answer = await connection.runAndReadAll('SELECT 41 + 1 AS n');
  connection.closeSync();
  const clock = context.compute({ node: 'any', seed: '' }, (setBar) => {
    setBar(60);
    const real = context.asHost(() => Date.now() > 60_000 && performance.now() > 0);
    return [real, Date.now() === 60_000];
  });
  context.finish();
  const restored = Object.entries(guardedThings()).filter(([name, value]) => value !== before[name]);
  return [
    `file ${text.length > 0}`,
    `bundle ${again.code.length > 0}`,
    `rows ${JSON.stringify(answer.getRows())}`,
    `clock ${clock.join(' ')}`,
    `not restored: ${restored.map(([name]) => name).join(' ')}`,
  ];
}

function guardedThings(): Record<string, unknown> {
  const format = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, 'format')?.get;
  const globals = { Date, random: Math.random, fetch, format, websocket: 'WebSocket' in globalThis };
  return { ...fs, ...globals, exit: process.exit, env: process.env, hrtime: process.hrtime, connect };
}

/** Asks a provider of the strategy's own. */
async function provide(context: ComputeOnlyContext, { historyProvider }: StreamInput): Promise<unknown> {
  try {
    return await context.provider(() => historyProvider.fetch?.({ start: 0, end: 60, interval: 60 }));
  } catch (error) {
    return tell(error);
  }
}

function computeNode(
  context: ComputeOnlyContext,
  node: Node,
  chunks: readonly (readonly number[])[],
): Computed {
  const { computeFn } = node;
  assert.ok(typeof computeFn === 'function');
  const values: unknown[] = [];
  let thrown: ToldError | null = null;
  for (const chunk of chunks) {
    try {
      context.compute({ node: node.name, seed: `code of ${node.name}` }, (setBar) => {
        for (const asOf of chunk) {
          setBar(asOf);
          values.push(computeFn({ asOf } as View));
        }
      });
    } catch (error) {
      thrown ??= tell(error);
    }
  }
  const violation = context.takeViolation();
  return { node: node.name, values, thrown, violation: violation && tell(violation) };
}

async function run(): Promise<Omit<Outcome, 'strays'>> {
  const bundle = await bundleStrategy({ file: order.file, projectRoot: order.root, sdkUrl: order.sdkUrl });
  const locate = (error: Error) => authorLocation(error, order.root, bundle.codePath);
  const guards = installComputeOnly({
    projectRoot: order.root,
    authorLocation: locate,
    onStray: (error) => strays.push({ ...tell(error), location: locate(error) ?? tell(error).location }),
  });
  return guards.asHost(async () => {
    // Attempts that are caught must not keep the strategy from loading where each of them is looked at.
    const context = order.tolerant ? { ...guards, takeViolation: () => null } : guards;
    const request = { bundle, file: join(order.root, order.file), projectRoot: order.root, context };
    const computed: Computed[] = [];
    const provided: Record<string, unknown> = {};
    const origins: Outcome['origins'] = {};
    let loadError: ToldError | null = null;
    let loaded: string | null = null;
    try {
      const { instance, className } = await loadStrategy({ ...request, className: order.className });
      for (const node of instance.nodes()) {
        origins[node.name] = locate(node.origin);
        if (node instanceof StreamInput) provided[node.name] = await provide(guards, node as StreamInput);
        if (node instanceof Node) computed.push(computeNode(guards, node, order.chunks));
      }
      loaded = className;
    } catch (error) {
      loadError = tell(error);
    }
    release();
    await sleep(50);
    return {
      loadError,
      loaded,
      computed,
      origins,
      tried: shared.tried ?? [],
      provided,
      host: order.checkHost ? await hostChecks(guards) : [],
    };
  });
}

const outcome = await run().catch((error: unknown) => ({
  fatal: String(error instanceof Error ? error.stack : error),
}));
send({ ...outcome, strays });
