import { parseWorld, placeOfWorld } from '../../live/world/load.js';
import { RemoteWorld } from '../../live/world/remote.js';
import type { World } from '../../live/world/schema.js';
import { SeamlessError } from '../../sdk/errors.js';

/**
 * A world of a project by its name. One that is elsewhere is connected to, until `remote` is closed.
 * @throws SeamlessError for a world that is unknown or malformed, cannot be reached, or takes no such token
 */
export async function findWorld(
  projectRoot: string,
  name: string,
  onTrouble: (text: string) => void,
): Promise<{ readonly world: World; readonly remote: RemoteWorld | null }> {
  const place = placeOfWorld(projectRoot, name);
  if (!('remote' in place)) return { world: place.world, remote: null };
  const { url, silence, tokenFrom } = place.remote;
  const token = tokenFrom === undefined ? undefined : tokenOf(`World ${name}`, tokenFrom);
  const remote = await RemoteWorld.connect({ name, url, silence, token, onTrouble });
  try {
    // What may change under way is told as it does.
    const file = parseWorld(remote.text, `${name} (remote)`);
    return { world: { name, ...file, activation: 'active', allocations: {} }, remote };
  } catch (error) {
    remote.close();
    throw error;
  }
}

/** Secrets come from the environment, never from a file. @param whose token it is, such as `World btc` */
export function tokenOf(whose: string, name: string): string {
  const token = process.env[name];
  if (token) return token;
  throw new SeamlessError(
    'usage',
    `${whose} takes its token from the environment variable ${name}, which is not set: set it where Seamless is started, or in VS Code with the command Seamless: Set Secret….`,
  );
}
