import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** Where VS Code looks for the texts of the editor: `l10n` in package.json names the folder. */
export const bundlePath = 'l10n/bundle.l10n.json';

/** The rooms whose texts a person sees in the editor. */
const localizedRooms = ['src/editor', 'src/present', 'webview'];

/** The sources of those rooms: text by path, relative to the repository. */
export async function localizedSources(root: string): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for (const room of localizedRooms) {
    for (const name of (await readdir(join(root, room), { recursive: true })).sort()) {
      if (!name.endsWith('.ts')) continue;
      sources.set(`${room}/${name.replaceAll('\\', '/')}`, await readFile(join(root, room, name), 'utf8'));
    }
  }
  return sources;
}

/** The library takes `WebAssembly.instantiateStreaming` away, from everything else in this process too: it is put back. */
async function textsIn(files: { contents: string; extension: string }[]): Promise<Record<string, unknown>> {
  const name = 'instantiateStreaming';
  const wasm = Reflect.get(globalThis, 'WebAssembly') as object;
  const own = Object.getOwnPropertyDescriptor(wasm, name);
  const { getL10nJson } = await import('@vscode/l10n-dev');
  try {
    return await getL10nJson(files);
  } finally {
    if (own) Object.defineProperty(wasm, name, own);
  }
}

/** The bundle as it should be, in an order that two branches can merge: by text. */
export async function bundleText(root: string): Promise<string> {
  const files = [...(await localizedSources(root))].map(([path, contents]) => ({
    contents,
    extension: extname(path),
  }));
  const entries = Object.entries(await textsIn(files));
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
}
