const fonts = { name: '600 13px', subtitle: '12px' } as const;
const widths = new Map<string, number>();
let pen: CanvasRenderingContext2D | null = null;

/** A text cut to a width in pixels with an ellipsis, in a box's font. */
export function fitText(text: string, room: number, font: keyof typeof fonts): string {
  if (widthOf(text, font) <= room) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (widthOf(`${text.slice(0, middle)}…`, font) <= room) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low)}…`;
}

/** Where a name may be broken: after a non-letter, and before a capital. */
const BREAK = /(?<=[^\p{L}\p{N}])|(?<=[\p{Ll}\p{N}])(?=\p{Lu})/gu;

/** A name in at most this many lines of this width, in a box's font; the rest is cut with an ellipsis. */
export function fitLines(name: string, room: number, most: number): string[] {
  if (most < 2 || widthOf(name, 'name') <= room) return [fitText(name, room, 'name')];
  const fitting = [...name.matchAll(BREAK)]
    .map(({ index }) => index)
    .filter((at) => at > 0 && widthOf(name.slice(0, at).trimEnd(), 'name') <= room);
  // A single long word is broken where the room ends.
  const end = fitting.at(-1) ?? fitText(name, room, 'name').length - 1;
  return [name.slice(0, end).trimEnd(), ...fitLines(name.slice(end).trimStart(), room, most - 1)];
}

/** Width of a text in pixels, in a box's font. */
export function widthOf(text: string, font: keyof typeof fonts): number {
  const key = `${font} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    pen ??= document.createElement('canvas').getContext('2d');
    if (!pen) return text.length * 7;
    pen.font = `${fonts[font]} ${getComputedStyle(document.body).fontFamily}`;
    width = pen.measureText(text).width;
    if (widths.size > 50_000) widths.clear();
    widths.set(key, width);
  }
  return width;
}
