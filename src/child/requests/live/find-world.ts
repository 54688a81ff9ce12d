import { parseWorld, placeOfWorld } from '../../../live/world/load.js';
import type { FollowedWorld } from '../../../live/world/messages.js';
import { RemoteWorld } from '../../../live/world/remote.js';
import type { World } from '../../../live/world/schema.js';
import { WatchedWorld } from '../../../live/world/watched.js';
import { didYouMean, SeamlessError } from '../../../sdk/errors.js';
import type { PresetNames } from '../../../settings/completion.js';
import { loadPresetFile } from '../../../sources/presets/load.js';

/** Settings that may change during a run: the run keeps its record, whatever they are by then. */
const UNDER_WAY = { activation: 'active', allocations: {} } as const;

/** A world, and where its changes are reported. */
interface FoundWorld {
  readonly world: World;
  /** Must be closed. Null for a backtest, whose world does not change. */
  readonly follow: FollowedWorld | null;
  /** Another project or machine serves it. */
  readonly isElsewhere: boolean;
}

/**
 * Finds a project's world by name. A remote world is connected until `follow` is closed.
 * @throws SeamlessError for a world that is unknown or invalid, cannot be reached, or refuses the token
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

/** A strategy whose name is misspelt in the allocations gets all of its weights, which nobody would notice. */
export function warnOfAllocations(
  { world, follow }: Pick<FoundWorld, 'world' | 'follow'>,
  strategy: string,
  warn: (text: string) => void,
): void {
  const named = Object.keys((follow?.now ?? world).allocations);
  if (named.length === 0 || named.includes(strategy)) return;
  const hint = didYouMean(strategy, named, '');
  const text = `The allocations of world ${world.name} are for ${named.join(', ')}: ${strategy} gets all of its weights. ${hint}`;
  warn(text.trim());
}

/** Secrets come from the environment, never from a file. @param whose the token's owner, such as `World btc` */
export function tokenOf(whose: string, name: string): string {
  const token = process.env[name];
  if (token) return token;
  throw new SeamlessError(
    'usage',
    `${whose} takes its token from the environment variable ${name}, which is not set: set it where Seamless is started, or in VS Code with the command Seamless: Set Secret….`,
  );
}

/** The presets of the run's own project, even if the world is remote. @throws SeamlessError `usage` for an invalid file */
function presetNames(projectRoot: string): PresetNames {
  const { specs, levels } = loadPresetFile(projectRoot);
  return { data: specs.map(({ id }) => id), sla: Object.keys(levels) };
}
