import { loadPresets } from '../../sources/presets/load.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { FilePresets } from '../thread/messages.js';

/** The presets of a project's file. Its errors concern only those who ask for a preset. */
export function filePresets(projectRoot: string): FilePresets {
  try {
    return { specs: loadPresets(projectRoot), problem: null };
  } catch (error) {
    if (!(error instanceof SeamlessError)) throw error;
    return { specs: [], problem: error.message };
  }
}
