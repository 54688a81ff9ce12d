import { worldSettings } from '../live/world/load.js';
import { SeamlessError } from '../sdk/errors.js';
import type { SettingsKind } from '../settings/checked-yaml.js';
import { suggestionsAt, type Suggestion } from '../settings/completion.js';
import { presetNamesIn, presetSettings } from '../sources/presets/load.js';

/*
 * A bundle of its own, which the editor loads when the first file of settings is open: the parser of YAML and the schemas are as large
 * as all else that it loads.
 */

export type SettingsName = 'world' | 'presets';

/** @param line from 1 on */
export interface SettingsProblem {
  readonly line: number;
  readonly message: string;
}

const KINDS: Readonly<Record<SettingsName, SettingsKind>> = { world: worldSettings, presets: presetSettings };

/**
 * What is wrong with a file; null: nothing.
 * @param file what to call it
 * @param presets text of the project's file of presets, which a world may name
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

/** What there is to write at an offset of a file. */
export function suggestionsIn(
  name: SettingsName,
  text: string,
  offset: number,
  presets: string,
): readonly Suggestion[] {
  const kind = KINDS[name];
  return suggestionsAt(text, offset, kind.schemaFor(text), kind.namesIn, presetNamesIn(presets));
}
