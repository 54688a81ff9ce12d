import type uPlot from 'uplot';
import type { ChartColours } from '../ui/theme.js';

/** A filled order: `at` is the open of its bar; `quantity` is negative if sold. */
export interface MarkedFill {
  readonly at: number;
  readonly quantity: number;
  readonly price: number;
}

/** Width of a mark in pixels. */
const SIZE = 10;

/** Marks fills by time and price: buys from below, pointing up; sells from above, pointing down. */
export function drawFills(
  plot: uPlot,
  fills: readonly MarkedFill[],
  { bought, sold, ground }: Pick<ChartColours, 'bought' | 'sold' | 'ground'>,
): void {
  if (fills.length === 0) return;
  const { left, top, width, height } = plot.bbox;
  const { ctx } = plot;
  const size = SIZE * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.lineWidth = devicePixelRatio;
  ctx.strokeStyle = ground;
  for (const { at, quantity, price } of fills) {
    const [x, y] = [plot.valToPos(at, 'x', true), plot.valToPos(price, 'y', true)];
    const base = y + (quantity > 0 ? size : -size);
    ctx.fillStyle = quantity > 0 ? bought : sold;
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x - size / 2, base);
    ctx.lineTo(x + size / 2, base);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}
