import type { PanelPayload } from '../../../src/panel/requests.js';
import type { Span } from '../../../src/panel/state.js';
import type { ExportKind } from '../../ui/toolbar.js';
import type { GraphModel } from '../graph-model.js';
import { mermaidOf } from './mermaid.js';
import { pngPicture, svgPicture } from './picture.js';

/** The graph as a file of that type, named after its strategy. */
export async function pictureFile(
  kind: ExportKind,
  model: GraphModel,
  { name, range }: { readonly name: string; readonly range: Span | null },
): Promise<PanelPayload<'saveFile'>> {
  const { scene, direction } = model;
  if (kind === 'mermaid')
    return { name: `${name}.mmd`, content: mermaidOf(scene, direction), encoding: 'utf8' };
  const svg = svgPicture(scene, model, range, kind.endsWith('-dark') ? 'dark' : 'light');
  return kind.startsWith('svg')
    ? { name: `${name}.svg`, content: svg, encoding: 'utf8' }
    : { name: `${name}.png`, content: await pngPicture(svg), encoding: 'base64' };
}
