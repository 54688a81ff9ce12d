import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';

import { serveWorlds, type ServeOptions, type WorldServer } from '../../live/world/serve.js';
import { projectRootOf } from '../../protocol/project.js';
import { visible } from '../../present/visible.js';
import { messageOf, SeamlessError } from '../../sdk/errors.js';
import { EXIT } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';

interface WorldFlags {
  readonly host: string;
  readonly port: string;
  readonly tokenFrom?: string;
}

/** `seamless world serve`: until Ctrl-C. */
export async function runWorld(
  terminal: Terminal,
  _action: 'serve',
  { host, port, tokenFrom }: WorldFlags,
): Promise<number> {
  const { out, err, env, cwd } = terminal;
  const projectRoot = projectRootOf(cwd);
  const token = tokenOf(env, host, tokenFrom);
  const onTrouble = (text: string): void => err.write(`${visible(text)}\n`);
  const server = await served({ projectRoot, host, port: Number(port), token, onTrouble });
  if (server.names.length === 0) {
    await server.close();
    throw new SeamlessError(
      'not-found',
      `There is no world to serve: write worlds/NAME.yaml in ${projectRoot}.`,
    );
  }
  for (const name of server.names) out.write(`${visible(name)}  ${server.url(name)}\n`);
  if (tokenFrom === undefined)
    err.write(`Runs need this token, in the variable that tokenFrom of their world names: ${token}\n`);
  await new Promise<void>((resolve) => {
    const off = terminal.onInterrupt(() => {
      off();
      resolve();
    });
  });
  await server.close();
  return EXIT.done;
}

function tokenOf(env: Terminal['env'], host: string, tokenFrom: string | undefined): string {
  if (tokenFrom !== undefined) {
    const token = env[tokenFrom];
    if (token) return token;
    throw new SeamlessError(
      'usage',
      `The environment variable ${tokenFrom} is not set: put the token in it.`,
    );
  }
  if (isLoopback(host)) return randomBytes(24).toString('base64url');
  throw new SeamlessError(
    'usage',
    `On ${host} other machines can ask: choose a token, put it in an environment variable, and name that by --token-from.`,
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

async function served(options: ServeOptions): Promise<WorldServer> {
  try {
    return await serveWorlds(options);
  } catch (error) {
    const why = messageOf(error);
    const { host, port } = options;
    throw new SeamlessError(
      'usage',
      `The worlds cannot be served on ${host}, port ${port}: ${why}. Choose another by --host and --port.`,
    );
  }
}
