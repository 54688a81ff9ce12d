// What fingerprints cost: loads a strategy as the child does, edits its file, loads it again, and times the steps.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fingerprints } from '../src/engine/fingerprint/fingerprints.js';
import { resolveGraph } from '../src/engine/graph/graph.js';
import * as sdk from '../src/index.js';
import { snapshotIntrinsics } from '../src/hosts/typescript/fingerprint/intrinsics.js';
import { authorLocation } from '../src/hosts/typescript/sandbox/author.js';
import { installComputeOnly } from '../src/hosts/typescript/sandbox/context.js';
import { bundleStrategy } from '../src/hosts/typescript/bundle/bundle.js';
import { loadHost, type HostSurroundings } from '../src/hosts/typescript/open-host.js';

const [file = '', className = '', from = '', to = ''] = process.argv.slice(2);
const projectRoot = dirname(file);
let bundlePath = '';
let setUp = 0;
let usedAtSetUp = process.cpuUsage();
const context = installComputeOnly({
  projectRoot,
  authorLocation: (error) => authorLocation(error, projectRoot, bundlePath),
  onStray: (error) => {
    throw error;
  },
});
const sdkUrl = new URL('./index.js', import.meta.url).href;
const around: HostSurroundings = {
  context,
  intrinsics: context.asHost(() => snapshotIntrinsics(sdk)),
  sdkExports: sdk,
};
const loaded = (): void => {
  setUp = performance.now();
  usedAtSetUp = process.cpuUsage();
};

interface Once {
  /** Milliseconds from the strategy as `setup()` left it to the fingerprints of its nodes, guards of captures included. */
  readonly fingerprints: number;
  /** Milliseconds of processor time in it, all threads of the process: what a busy machine tells best. */
  readonly processor: number;
  /** From the file to there. */
  readonly whole: number;
  readonly hashes: readonly string[];
}

async function once(): Promise<Once> {
  const started = performance.now();
  const bundle = await bundleStrategy({ file, projectRoot, sdkUrl });
  bundlePath = bundle.codePath;
  const ready = await loadHost({ bundle, file, projectRoot, className }, around);
  loaded();
  const { host, close } = ready.open(new Map());
  const hashes = fingerprints(resolveGraph(await host.describe()), 'bench').map(({ hash: full }) => full);
  const ended = performance.now();
  const { user, system } = process.cpuUsage(usedAtSetUp);
  close();
  return { fingerprints: ended - setUp, processor: (user + system) / 1000, whole: ended - started, hashes };
}

await context.asHost(async () => {
  const cold = await once();
  const text = await readFile(file, 'utf8');
  const edited = text.replace(from, to);
  if (edited === text) throw new Error(`${file} has no ${from} to edit any more.`);
  await writeFile(file, edited);
  const warm = await once();
  const changed = warm.hashes.filter((hash, index) => hash !== cold.hashes[index]).length;
  console.log(
    JSON.stringify({ cold, edited: warm, changed }, (key, value: unknown) =>
      key === 'hashes' ? undefined : value,
    ),
  );
});
