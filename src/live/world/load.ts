import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean, messageOf, nearHint, SeamlessError } from '../../sdk/errors.js';
import { formatTime } from '../../sdk/time/time.js';
import { parseYaml, type Contradiction, type SettingsKind } from '../../settings/checked-yaml.js';
import type { PresetNames } from '../../settings/completion.js';
import { PRESETS_FILE } from '../../settings/files.js';
import { remoteSchema, worldSchema, type RemotePlace, type World, type WorldFile } from './schema.js';

const WORLDS_FOLDER = 'worlds';

/** Names of the worlds of a project. */
export function worldNames(projectRoot: string): string[] {
  try {
    const files = readdirSync(join(projectRoot, WORLDS_FOLDER));
    return files.flatMap((file) => /^(.+)\.ya?ml$/.exec(file)?.[1] ?? []).sort();
  } catch {
    return [];
  }
}

/** The worlds of a project, invalid ones with the reason. */
export function worldsOf(projectRoot: string) {
  return worldNames(projectRoot).map((name) => {
    try {
      const found = placeOfWorld(projectRoot, name);
      return 'remote' in found
        ? { name, mode: null, problem: null, url: found.remote.url }
        : { name, mode: found.world.mode, problem: null, url: null };
    } catch (error) {
      return { name, mode: null, problem: messageOf(error), url: null };
    }
  });
}

/**
 * Finds a world by name; a remote one gives its address.
 * @param known the presets that the world may name; absent: not checked
 * @throws SeamlessError `not-found` for an unknown world, with similar names; `usage`, with the line, for an invalid file
 */
export function placeOfWorld(
  projectRoot: string,
  name: string,
  known?: () => PresetNames,
): { readonly world: World } | { readonly remote: RemotePlace } {
  const names = worldNames(projectRoot);
  if (!names.includes(name)) throw unknownWorld(name, names);
  const [file, text] = readWorld(projectRoot, name);
  return isElsewhere(text)
    ? { remote: parseRemote(text, file) }
    : { world: { name, ...parseWorld(text, file, known?.()) } };
}

export function readWorld(projectRoot: string, name: string): [string, string] {
  for (const end of ['yaml', 'yml']) {
    try {
      return [
        `${WORLDS_FOLDER}/${name}.${end}`,
        readFileSync(join(projectRoot, WORLDS_FOLDER, `${name}.${end}`), 'utf8'),
      ];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || end === 'yml') throw error;
    }
  }
  throw unknownWorld(name, []);
}

function unknownWorld(name: string, names: readonly string[]): SeamlessError {
  const hint = didYouMean(
    name,
    names,
    names.length > 0
      ? `There is ${names.join(', ')}.`
      : `Write ${WORLDS_FOLDER}/${name}.yaml in the project, such as "mode: paper" and "feed: { kind: replay }".`,
  );
  return new SeamlessError('not-found', `There is no world ${name}. ${hint}`);
}

/**
 * Parses and checks a world's file.
 * @param file its name in messages
 * @param known the presets that it may name; absent: not checked
 * @throws SeamlessError `usage`, with the line
 */
export function parseWorld(text: string, file: string, known?: PresetNames): WorldFile {
  return parseYaml(
    text,
    file,
    worldSchema,
    (world) => contradictionIn(world) ?? (known ? unknownPresetIn(world, known) : null),
  );
}

function unknownPresetIn({ presets }: WorldFile, known: PresetNames): Contradiction | null {
  for (const part of ['data', 'sla'] as const) {
    for (const [stream, name] of Object.entries(presets[part])) {
      if (known[part].includes(name)) continue;
      const all = known[part].join(', ');
      const otherwise = all === '' ? `add it to ${PRESETS_FILE} under "${part}:"` : `there is ${all}`;
      const hint = nearHint(name, known[part], otherwise);
      const what = part === 'data' ? 'preset' : 'service level';
      return {
        path: ['presets', part, stream],
        text: `there is no ${what} ${JSON.stringify(name)} in ${PRESETS_FILE}: ${hint}`,
      };
    }
  }
  return null;
}

function isElsewhere(text: string): boolean {
  return /^url\s*:/m.test(text);
}

function parseRemote(text: string, file: string): RemotePlace {
  return parseYaml(text, file, remoteSchema, () => null);
}

/** Completion and checks of worlds' files in the editor. */
export const worldSettings: SettingsKind = {
  schemaFor: (text) => {
    if (isElsewhere(text)) return remoteSchema;
    // An empty file may become either kind.
    const { url } = remoteSchema.entries;
    return /^\w+\s*:/m.test(text) ? worldSchema : { entries: { ...worldSchema.entries, url } };
  },
  namesIn: (_, [section, part], known) =>
    section === 'presets' && (part === 'data' || part === 'sla') ? (known?.[part] ?? []) : [],
  check: (text, file, known) => (isElsewhere(text) ? parseRemote(text, file) : parseWorld(text, file, known)),
};

const LIMIT_FIELDS = ['offsetBps', 'restBars', 'unfilled', 'makerFeeBps', 'makerFeePerUnit'] as const;

/** Fields that are valid alone, but not together: the first such mistake. */
function contradictionIn(world: WorldFile): Contradiction | null {
  return wrongRange(world) ?? wrongAllocations(world) ?? wrongFeed(world) ?? wrongOrders(world);
}

function wrongRange({ mode, start, end, feed }: WorldFile): Contradiction | null {
  const backtest = mode === 'backtest';
  if (backtest && (start === undefined || end === undefined)) {
    return { path: ['mode'], text: 'a backtest needs start and end, such as "start: 2023-03-01"' };
  }
  const given = start !== undefined ? 'start' : end !== undefined ? 'end' : null;
  if (given !== null && !backtest)
    return {
      path: [given],
      text: `${given} is for a backtest, but the mode is ${mode}: take it away, or name it in feed`,
    };
  if (start !== undefined && end !== undefined && start >= end)
    return {
      path: ['end'],
      text: `its range ends (${formatTime(end)}) before it starts (${formatTime(start)})`,
    };
  if (feed && 'start' in feed && feed.start !== undefined && feed.end !== undefined && feed.start >= feed.end)
    return {
      path: ['feed', 'end'],
      text: `the feed ends (${formatTime(feed.end)}) before it starts (${formatTime(feed.start)}), so it has no bars`,
    };
  return null;
}

function wrongAllocations({ allocations }: WorldFile): Contradiction | null {
  const odd = Object.keys(allocations).find((name) => /^\d/.test(name));
  if (odd === undefined) return null;
  return {
    path: ['allocations'],
    text: `allocations has ${odd} in place of a strategy: write names of classes with their shares, such as "{ Momentum: 0.5 }"`,
  };
}

function wrongFeed({ mode, feed }: WorldFile): Contradiction | null {
  if (mode === 'backtest' && feed)
    return {
      path: ['feed'],
      text: 'a backtest reads history, not a feed: take feed away, or say "mode: paper"',
    };
  if (mode !== 'backtest' && !feed)
    return { path: ['mode'], text: `${mode} needs a feed, such as "feed: { kind: replay }"` };
  if (feed?.kind === 'demo' && feed.speed === 'max' && feed.end === undefined)
    return {
      path: ['feed'],
      text: 'made-up bars never end: give the feed an end, or a speed such as "speed: 60"',
    };
  return null;
}

function wrongOrders({ mode, fills, allowLive }: WorldFile): Contradiction | null {
  if (mode === 'live' && fills.at === 'limit')
    return {
      path: ['fills', 'at'],
      text: 'a live world\'s orders are filled by its broker: say "at: nextOpen", or "mode: paper"',
    };
  const ofLimit = LIMIT_FIELDS.find((field) => fills[field] !== undefined);
  if (ofLimit && fills.at !== 'limit')
    return {
      path: ['fills', ofLimit],
      text: `${ofLimit} is for orders that rest at a price: say "at: limit" in fills, or take it away`,
    };
  if (mode === 'live' && !allowLive)
    return {
      path: ['mode'],
      text: 'live trading is refused unless the world says "allowLive: true". Use "mode: paper"',
    };
  return null;
}
