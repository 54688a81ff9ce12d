import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { bundler } from '../hosts/typescript/bundle/bundler.js';
import { placeOfWorld } from '../live/world/load.js';
import type { Broker } from '../sdk/live/broker.js';
import { messageOf, SeamlessError } from '../sdk/errors.js';
import type { Terminal } from './terminal.js';

/** A live world's broker, and the world's name as typed. */
interface LiveBroker {
  readonly broker: Broker;
  readonly confirm: string;
}

/**
 * Gets what a live world needs: its Broker from the file that it names, and its typed name. Null: the world is not live, or names
 * no broker, which the run itself refuses.
 * @param given `--confirm`, for use without a keyboard
 * @throws SeamlessError `usage` when the name was not typed, or the file has no Broker
 */
export async function liveBroker(
  terminal: Terminal,
  projectRoot: string,
  name: string,
  given: string | undefined,
): Promise<LiveBroker | null> {
  const found = placeOfWorld(projectRoot, name);
  // A remote world's mode is known after connecting.
  if ('remote' in found) return null;
  const { mode, broker: place } = found.world;
  if (mode !== 'live' || place === undefined) return null;
  const confirm = given ?? (await typedName(terminal, name));
  return { broker: await loadBroker(projectRoot, place), confirm };
}

async function typedName({ input, err }: Terminal, name: string): Promise<string> {
  if (!input.isTTY) {
    throw new SeamlessError(
      'usage',
      `World ${name} trades real money, and nobody is here to confirm that: write --confirm ${name}.`,
    );
  }
  err.write(`World ${name} is LIVE: its orders go to a broker, and trade real money.\n`);
  for await (const line of input.lines(() => `Type the world's name to go on: `)) return line.trim();
  return '';
}

/** Loads a Broker into this process: unlike a strategy, it may use the network. */
async function loadBroker(projectRoot: string, place: string): Promise<Broker> {
  const [file = '', name = 'default'] = place.split('#');
  const folder = mkdtempSync(join(tmpdir(), 'seamless-broker-'));
  const outfile = join(folder, 'broker.mjs');
  try {
    await bundler().build({
      entryPoints: [resolve(projectRoot, file)],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
      sourcemap: 'inline',
      external: ['seamless-dag'],
    });
    const exported = ((await import(pathToFileURL(outfile).href)) as Record<string, unknown>)[name];
    const made: unknown = typeof exported === 'function' ? new (exported as new () => unknown)() : exported;
    if (isBroker(made)) return made;
    throw new Error(`its export ${name} has no send, has and listen`);
  } catch (error) {
    const why = messageOf(error);
    throw new SeamlessError(
      'usage',
      `The Broker ${place} cannot be loaded: ${why}. The world's broker is a file of the project such as brokers/mine.ts, whose default export, or the one after a #, is a class or an object with send, has and listen.`,
      { cause: error },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isBroker(value: unknown): value is Broker {
  const found = value as Partial<Broker> | null | undefined;
  return ['send', 'has', 'listen'].every((name) => typeof found?.[name as keyof Broker] === 'function');
}
