/** The rooms of src/ from top to bottom: a room imports from those below it, never from those above or beside it. */
export const LAYERS = [
  ['editor'],
  ['cli'],
  ['panel'],
  ['present'],
  ['discovery', 'scaffold'],
  ['client'],
  ['child'],
  ['protocol'],
  ['hosts'],
  ['store', 'sources', 'live'],
  ['settings'],
  ['engine'],
  ['sdk'],
];

/** Files outside a room's folder that belong to it. */
export const ENTRIES = { editor: ['src/extension.ts'], cli: ['src/cli.ts', 'src/index.ts'] };

/** Started as a process of its own, so nobody imports it. */
export const PROCESSES = ['child'];
