import type { Direction } from '../../layout/flow.js';
import type { Scene } from '../scene.js';

/** The shown graph as a Mermaid flowchart: inputs as stadiums, groups as subroutines. */
export function mermaidOf(scene: Scene, direction: Direction): string {
  const ids = new Map(scene.items.map(({ id }, at) => [id, `n${at}`]));
  const lines = scene.items.map((item) => {
    const text = `"${escaped(item.group === null ? item.id : `${item.id} (${item.members.length})`)}"`;
    const id = ids.get(item.id) ?? '';
    if (item.group !== null) return `  ${id}[[${text}]]`;
    return item.members[0]?.kind === 'stream' ? `  ${id}([${text}])` : `  ${id}[${text}]`;
  });
  const arrows = scene.edges.map(({ from, to }) => `  ${ids.get(from) ?? ''} --> ${ids.get(to) ?? ''}`);
  return [`flowchart ${direction === 'right' ? 'LR' : 'TD'}`, ...lines, ...arrows, ''].join('\n');
}

/** Mermaid reads `#quot;` and similar in quoted texts. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '#amp;')
    .replaceAll('"', '#quot;')
    .replaceAll('<', '#lt;')
    .replaceAll('>', '#gt;')
    .replaceAll('\n', ' ');
}
