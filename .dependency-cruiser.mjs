// The direction of imports between the rooms of src/, on resolved paths, and no circles. Run by `npm run lint`.
import { ENTRIES, LAYERS, PROCESSES } from './layers.mjs';

const escaped = (path) => path.replaceAll('.', '\\.');

/** A room's files as a regular expression, entry files included. */
const within = (room) => [`^src/${room}/`, ...(ENTRIES[room] ?? []).map((file) => `^${escaped(file)}$`)];

/** The child hands the library's public face to the strategies it loads. */
const PUBLIC_FACE = { child: { pathNot: '^src/index\\.ts$' } };

const layerRules = LAYERS.flatMap((rooms, layer) =>
  rooms.map((room) => {
    const below = LAYERS.slice(layer + 1)
      .flat()
      .filter((each) => !PROCESSES.includes(each));
    const barred = LAYERS.flat().filter((each) => each !== room && !below.includes(each));
    return {
      name: `imports-of-${room}-point-down`,
      comment: `Imports point down only: ${LAYERS.flat().join(' > ')}.`,
      severity: 'error',
      from: { path: within(room) },
      to: { path: barred.flatMap(within), ...(PUBLIC_FACE[room] ?? {}) },
    };
  }),
).filter(({ to }) => to.path.length > 0);

export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    ...layerRules,
    {
      name: 'the-page-knows-little',
      comment: 'The page imports from src/panel, src/present and src/sdk/time/time.ts alone.',
      severity: 'error',
      from: { path: '^webview/' },
      to: { path: '^src/', pathNot: ['^src/panel/', '^src/present/', '^src/sdk/time/time\\.ts$'] },
    },
  ],
  options: {
    // Type-only imports count as well.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['node_modules', '^dist'] },
    includeOnly: ['^src/', '^webview/'],
  },
};
