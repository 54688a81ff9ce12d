import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Fingerprint } from '../../../../../src/engine/fingerprint/fingerprints.js';
import { CHILD_ENVIRONMENT } from '../../../../../src/hosts/typescript/sandbox/context.js';
import type { StrategyPlace } from '../../../../../src/child/session/strategy-session.js';

export type Print = Fingerprint;
export type Answer = { readonly nodes: [string, Print][] } | { readonly error: string };

/** Texts, or bytes, by path in the project. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

const CHILD = fileURLToPath(new URL('./session-child.ts', import.meta.url));

/** A strategy project on disk, with the process that opens it as the shipped child does. */
export class Session {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'seamless-edits-')));
  #child: ChildProcess | null = null;

  write(files: Files): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, name)), { recursive: true });
      writeFileSync(join(this.root, name), content);
    }
  }

  remove(...names: string[]): void {
    for (const name of names) rmSync(join(this.root, name));
  }

  /** Fingerprints of all nodes of a class, by name. */
  async prints(file = 'main.ts', className: string | null = 'Main'): Promise<ReadonlyMap<string, Print>> {
    const child = (this.#child ??= await start());
    const place: StrategyPlace = { file: join(this.root, file), className, projectRoot: this.root };
    child.send(place);
    const [answer] = (await once(child, 'message')) as [Answer];
    if ('error' in answer) assert.fail(answer.error);
    return new Map(answer.nodes);
  }

  /** Has the next question answered by another process. */
  async restart(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child) return;
    child.kill();
    await once(child, 'exit');
  }

  async end(): Promise<void> {
    await this.restart();
    rmSync(this.root, { recursive: true, force: true });
  }
}

async function start(): Promise<ChildProcess> {
  const child = fork(CHILD, {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, ...CHILD_ENVIRONMENT },
    serialization: 'advanced',
    // What strategies print is no matter here.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return child;
}
