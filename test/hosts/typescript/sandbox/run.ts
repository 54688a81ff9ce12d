import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { CHILD_ENVIRONMENT } from '../../../../src/hosts/typescript/sandbox/context.js';
import type { SourceLocation } from '../../../../src/sdk/errors.js';

export const SDK_URL = new URL('./sdk.ts', import.meta.url).href;

export interface Order {
  readonly root: string;
  readonly file: string;
  readonly sdkUrl: string;
  readonly className?: string;
  /** Closes of the bars of each chunk. */
  readonly chunks: readonly (readonly number[])[];
  readonly tolerant?: boolean;
  readonly checkHost?: boolean;
}

export interface ToldError {
  readonly type: string;
  readonly message: string;
  readonly code: string | null;
  readonly location: SourceLocation | null;
  readonly node: string | null;
  readonly asOf: number | null;
}

export interface Computed {
  readonly node: string;
  readonly values: readonly unknown[];
  readonly thrown: ToldError | null;
  readonly violation: ToldError | null;
}

export interface Attempt {
  readonly place: string;
  readonly call: string;
  readonly refusal: Pick<ToldError, 'type' | 'message' | 'location' | 'node'> | null;
}

export interface Outcome {
  readonly loadError: ToldError | null;
  /** Name of the class. */
  readonly loaded: string | null;
  readonly computed: readonly Computed[];
  /** Where each node was made. */
  readonly origins: Record<string, SourceLocation | null>;
  readonly tried: readonly Attempt[];
  readonly strays: readonly ToldError[];
  /** What the `fetch` of each stream's provider returned, or was refused. */
  readonly provided: Record<string, unknown>;
  readonly host: readonly string[];
}

/** A folder with these files, for as long as `work` takes. */
export async function withProject<T>(
  files: Readonly<Record<string, string>>,
  work: (root: string) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'seamless-isolation-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
    return await work(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Runs a strategy file of a project in a process of its own. */
export async function runChild(order: Omit<Order, 'sdkUrl'>): Promise<Outcome> {
  const script = fileURLToPath(new URL('./child.ts', import.meta.url));
  const child = fork(script, [JSON.stringify({ ...order, sdkUrl: SDK_URL })], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, ...CHILD_ENVIRONMENT },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let printed = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const outcome = await new Promise<Outcome & { fatal?: string }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Outcome));
    child.once('exit', (code, signal) =>
      reject(new Error(`The child ended (${code ?? signal}) without a word.\n${printed}`)),
    );
  });
  child.kill('SIGKILL');
  assert.equal(outcome.fatal, undefined, `${outcome.fatal ?? ''}\n${printed}`);
  return outcome;
}

/** Runs one strategy file in a project of its own. */
export function runStrategy(
  text: string,
  order: Partial<Omit<Order, 'root' | 'sdkUrl'>> = {},
): Promise<Outcome> {
  return withProject({ 'strategy.ts': text }, (root) =>
    runChild({ root, file: 'strategy.ts', chunks: [[60]], ...order }),
  );
}
