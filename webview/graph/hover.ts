import { familyText } from '../../src/present/families.js';
import type { Span } from '../../src/panel/state.js';
import type { Tooltip } from '../ui/tooltip.js';
import { BAR } from './drawing/bar.js';
import { boxLabel } from './drawing/box.js';
import type { Hover } from './gestures.js';
import { liveValue, withLive, type Live } from './items.js';
import type { SceneItem } from './scene.js';

/** The tooltip under the pointer: a box, or over a single node's bar, the segment. */
export function showHover(
  tooltip: Tooltip,
  item: SceneItem,
  live: Live,
  range: Span | null,
  hover: Hover,
): void {
  const { group, members } = item;
  const [node] = members;
  const inBar = hover.y >= BAR.y - 3 && hover.x >= BAR.x && hover.x <= BAR.x + BAR.width;
  if (liveValue(item, live) && !inBar) tooltip.showText(item.id, boxLabel(item, live), hover.event);
  else if (group?.kind === 'family') tooltip.showText(item.id, familyText(members), hover.event);
  else if (group || !node) tooltip.showText(item.id, boxLabel(item, live), hover.event);
  else if (inBar && range) {
    const time = range[0] + ((hover.x - BAR.x) / BAR.width) * (range[1] - range[0]);
    tooltip.showSegment(withLive(node, live), range, time, hover.event);
  } else tooltip.showText(node.name, node.why, hover.event);
}
