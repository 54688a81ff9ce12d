// A process that opens strategies as the child does, and tells its parent their fingerprints.
import assert from 'node:assert/strict';

import { fingerprints } from '../../../../src/engine/fingerprint/fingerprints.js';
import { resolveGraph } from '../../../../src/engine/graph/graph.js';
import * as sdk from '../../../../src/index.js';
import { snapshotIntrinsics } from '../../../../src/hosts/typescript/fingerprint/intrinsics.js';
import { authorLocation } from '../../../../src/hosts/typescript/sandbox/author.js';
import { installComputeOnly } from '../../../../src/hosts/typescript/sandbox/context.js';
import { StrategySession, type StrategyPlace } from '../../../../src/child/strategy-session.js';
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

const around = {
  context,
  intrinsics: context.asHost(() => snapshotIntrinsics(sdk)),
  sdk: { url: new URL('../../../../src/index.ts', import.meta.url).href, exports: sdk },
  enter: (bundle: string) => {
    at.bundle = bundle;
  },
};

async function look(place: StrategyPlace): Promise<[string, Print][]> {
  const session = await StrategySession.open(place, around);
  try {
    const graph = resolveGraph(await session.describe());
    const prints = fingerprints(graph, 'each time');
    return graph.nodes.map(({ name }, index): [string, Print] => {
      const { own, full, unhashable } = prints[index] ?? assert.fail(`${name} has no fingerprint.`);
      return [name, { own, full, unhashable }];
    });
  } finally {
    session.close();
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
