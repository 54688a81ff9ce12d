const fonts = { name: '600 13px', subtitle: '11px' } as const;
const widths = new Map<string, number>();
let pen: CanvasRenderingContext2D | null = null;

/** A text cut by an ellipsis to fit that many pixels, in the font of a box. */
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

function widthOf(text: string, font: keyof typeof fonts): number {
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
