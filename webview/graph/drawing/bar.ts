import { BOX } from '../../layout/boxes.js';

/** The coverage bar in a box, from its top left corner. */
export const BAR = { x: 10, y: 46, width: BOX.width - 20, height: 9 } as const;
