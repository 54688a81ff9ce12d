import { parseWorld, placeOfWorld } from '../../../live/world/load.js';
import type { FollowedWorld } from '../../../live/world/messages.js';
import { RemoteWorld } from '../../../live/world/remote.js';
import type { World } from '../../../live/world/schema.js';
import { WatchedWorld } from '../../../live/world/watched.js';
import { SeamlessError } from '../../../sdk/errors.js';
import type { PresetNames } from '../../../settings/completion.js';
import { loadPresetFile } from '../../../sources/presets/load.js';

/** What may change under way is told as it does: a run that goes on does so whatever it is by then. */
const UNDER_WAY = { activation: 'active', allocations: {} } as const;

/** A world, and where what changes of it is heard. */
interface FoundWorld {
  readonly world: World;
  /** To be closed. Null: of a backtest nothing changes. */
  readonly follow: FollowedWorld | null;
  /** It is served by another project or machine. */
  readonly isElsewhere: boolean;
}

/**
 * A world of a project by its name. One that is elsewhere is connected to, until `follow` is closed.
 * @throws SeamlessError for a world that is unknown or malformed, cannot be reached, or takes no such token
 */
export async function findWorld(
  projectRoot: string,
  name: string,
  onTrouble: (text: string) => void,
): Promise<FoundWorld> {
  const place = placeOfWorld(projectRoot, name, () => presetNames(projectRoot));
  if (!('remote' in place)) {
    const { world } = place;
    if (world.mode === 'backtest') return { world, follow: null, isElsewhere: false };
    const follow = new WatchedWorld(projectRoot, name);
    return { world: { ...world, ...UNDER_WAY }, follow, isElsewhere: false };
  }
  const { url, silence, tokenFrom } = place.remote;
  const token = tokenFrom === undefined ? undefined : tokenOf(`World ${name}`, tokenFrom);
  const remote = await RemoteWorld.connect({ name, url, silence, token, onTrouble });
  try {
    const file = parseWorld(remote.text, `${name} (remote)`, presetNames(projectRoot));
    return { world: { name, ...file, ...UNDER_WAY }, follow: remote, isElsewhere: true };
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

/** Those of the run's own project, also where the world is elsewhere. @throws SeamlessError `usage` for a file that is malformed */
function presetNames(projectRoot: string): PresetNames {
  const { specs, levels } = loadPresetFile(projectRoot);
  return { data: specs.map(({ id }) => id), sla: Object.keys(levels) };
}
