/** The project's presets, beside its strategies. */
export const PRESETS_FILE = 'seamless.presets.yaml';
