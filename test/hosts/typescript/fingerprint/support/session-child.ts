// A process that opens strategies as the child does, and tells its parent their fingerprints.
import assert from 'node:assert/strict';

import { fingerprints } from '../../../../../src/engine/fingerprint/fingerprints.js';
import { resolveGraph } from '../../../../../src/engine/graph/graph.js';
import * as sdk from '../../../../../src/index.js';
import { snapshotIntrinsics } from '../../../../../src/hosts/typescript/fingerprint/intrinsics.js';
import { authorLocation } from '../../../../../src/hosts/typescript/sandbox/author.js';
import { installComputeOnly } from '../../../../../src/hosts/typescript/sandbox/context.js';
import type { StrategyPlace } from '../../../../../src/child/session/strategy-session.js';
import { bundleStrategy } from '../../../../../src/hosts/typescript/bundle/bundle.js';
import { loadHost } from '../../../../../src/hosts/typescript/open-host.js';
import { clearPresets } from '../../../../../src/sdk/providers/presets.js';
import type { Answer, Print } from './session.js';

// Taken before the guards are up.
const send = process.send?.bind(process) ?? assert.fail('This is started by fork().');
const at = { root: process.cwd(), bundle: '' };

const context = installComputeOnly({
  get projectRoot() {
    return at.root;
  },
  authorLocation: (error) => authorLocation(error, at.root, at.bundle),
  onStray: (error) => assert.fail(error),
});

const intrinsics = context.asHost(() => snapshotIntrinsics(sdk));
const sdkUrl = new URL('../../../../../src/index.ts', import.meta.url).href;

/** In this very process, one after the other: what one changed is undone before the next. */
async function look({ file, projectRoot, className }: StrategyPlace): Promise<[string, Print][]> {
  const bundle = await bundleStrategy({ file, projectRoot, sdkUrl });
  at.bundle = bundle.codePath;
  clearPresets();
  intrinsics.restore();
  const request = { bundle, file, projectRoot, className };
  const loaded = await loadHost(request, { context, intrinsics, sdkExports: sdk });
  const { host, close } = loaded.open(new Map());
  try {
    const graph = resolveGraph(await host.describe());
    const prints = fingerprints(graph, 'each time');
    return graph.nodes.map(({ name }, index): [string, Print] => {
      const {
        codeHash: own,
        hash: full,
        unhashable,
      } = prints[index] ?? assert.fail(`${name} has no fingerprint.`);
      return [name, { codeHash: own, hash: full, unhashable }];
    });
  } finally {
    close();
  }
}

async function answer(place: StrategyPlace): Promise<Answer> {
  at.root = place.projectRoot;
  try {
    return { nodes: await look(place) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (place: StrategyPlace) => {
  void context.asHost(async () => send(await answer(place)));
});
send({ ready: true });
