import { build } from 'esbuild';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CodeHasher, type OwnCodeDetail } from '../../../../../src/hosts/typescript/fingerprint/own-code.js';
import {
  snapshotIntrinsics,
  type Intrinsics,
} from '../../../../../src/hosts/typescript/fingerprint/intrinsics.js';
import * as errors from '../../../../../src/sdk/errors.js';
import * as nodes from '../../../../../src/sdk/node.js';
import * as providers from '../../../../../src/sdk/providers/providers.js';
import * as strategies from '../../../../../src/sdk/strategy.js';

type Files = Readonly<Record<string, string>>;

const sdk = { ...errors, ...nodes, ...providers, ...strategies };

const intrinsics = snapshotIntrinsics();

/** The bundle finds the SDK of this very process, as the child's bundle does. */
const SDK_KEY = 'seamless-test-sdk';
Object.defineProperty(globalThis, Symbol.for(SDK_KEY), { value: sdk });
const SDK_SOURCE = `const sdk = globalThis[Symbol.for('${SDK_KEY}')];
export const { ${Object.keys(sdk).join(', ')} } = sdk;`;

const root = mkdtempSync(join(tmpdir(), 'seamless-code-'));
process.once('exit', () => rmSync(root, { recursive: true, force: true }));
let count = 0;

/** Bundles `main` of a project and loads it, afresh each time. */
export async function load(files: Files, main = 'main.ts'): Promise<{ exports: Record<string, unknown> }> {
  const folder = join(root, String(count++));
  for (const [name, text] of Object.entries({ ...files, 'sdk.js': SDK_SOURCE })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const outfile = join(folder, 'bundle.mjs');
  await build({
    absWorkingDir: folder,
    entryPoints: [join(folder, main)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    alias: { 'seamless-dag': './sdk.js' },
    logLevel: 'silent',
  });
  const exports = (await import(pathToFileURL(outfile).href)) as Record<string, unknown>;
  return { exports };
}

/** @param known the globals that are none of a strategy's; default: those from before any test. */
export function hasher(known: Intrinsics = intrinsics): CodeHasher {
  return new CodeHasher({ sdkExports: sdk, intrinsics: known });
}

/** The own code of each computed node of the project's class `Main`, by name. */
export async function ownCodes(files: Files, main = 'main.ts'): Promise<Map<string, OwnCodeDetail>> {
  const { exports } = await load(files, main);
  const strategy = new (exports['Main'] as new () => strategies.Strategy)();
  strategy.setup();
  const hashes = hasher();
  const codes = new Map<string, OwnCodeDetail>();
  for (const node of strategy.nodes()) {
    if (!(node instanceof nodes.Node)) continue;
    const fn: unknown =
      node.computeFn instanceof nodes.ColumnCompute ? node.computeFn.compute : node.computeFn;
    const inputs = new Map(node.inputs.map((input, index) => [input, index]));
    const request = { inputs, thisValue: strategy, describe: node.name };
    codes.set(node.name, hashes.ownCode(fn as object, request));
  }
  hashes.close();
  return codes;
}

/** The hash of a function made by `expression` in a module of its own, with `prelude` before it. */
export async function codeOf(prelude: string, expression: string): Promise<OwnCodeDetail> {
  const { exports } = await load({ 'main.ts': `${prelude}\nexport const fn = ${expression};` });
  const hashes = hasher();
  const code = hashes.ownCode(exports['fn'] as object, { inputs: new Map(), describe: 'fn' });
  code.parts();
  hashes.close();
  return code;
}
