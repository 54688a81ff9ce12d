import { worldSettings } from '../live/world/load.js';
import { SeamlessError } from '../sdk/errors.js';
import type { SettingsKind } from '../settings/checked-yaml.js';
import { suggestionsAt, type Suggestion } from '../settings/completion.js';
import { presetNamesIn, presetSettings } from '../sources/presets/load.js';

/**
 * A separate bundle, loaded when the first settings file is opened: the YAML parser and the schemas are as large as everything
 * else the editor loads.
 */

export type SettingsName = 'world' | 'presets';

/** @param line counted from 1 */
export interface SettingsProblem {
  readonly line: number;
  readonly message: string;
}

const KINDS: Readonly<Record<SettingsName, SettingsKind>> = { world: worldSettings, presets: presetSettings };

/**
 * What is wrong with a file; null: nothing.
 * @param file its name in messages
 * @param presets text of the project's presets file, which a world may refer to
 */
export function problemIn(
  name: SettingsName,
  text: string,
  file: string,
  presets: string,
): SettingsProblem | null {
  try {
    KINDS[name].check(text, file, presetNamesIn(presets));
    return null;
  } catch (error) {
    if (!(error instanceof SeamlessError)) throw error;
    const line = error.location?.line ?? 1;
    // The place is shown beside it.
    return { line, message: error.message.replace(`${file}:${line}: `, '') };
  }
}

/** Suggestions at an offset of a file. */
export function suggestionsIn(
  name: SettingsName,
  text: string,
  offset: number,
  presets: string,
): readonly Suggestion[] {
  const kind = KINDS[name];
  return suggestionsAt(text, offset, kind.schemaFor(text), kind.namesIn, presetNamesIn(presets));
}
