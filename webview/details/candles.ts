import type uPlot from 'uplot';
import type { ChartColours } from '../ui/theme.js';

/** Draws the first four series (open, high, low, close) as candles: hollow if the price rose. */
export function candlePaths({ rise, fall }: ChartColours): uPlot.Series.PathBuilder {
  return (plot, _series, from, to) => {
    const [x, open, high, low, close] = plot.data;
    if (!open || !high || !low || !close) return null;
    const { ctx } = plot;
    const count = Math.max(1, to - from + 1);
    const body = Math.max(1, Math.min(15, Math.floor((plot.bbox.width / count) * 0.7)));
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
    ctx.clip();
    ctx.lineWidth = Math.max(1, devicePixelRatio);
    for (let at = from; at <= to; at++) {
      const [o, h, l, c] = [open[at], high[at], low[at], close[at]];
      if (o == null || h == null || l == null || c == null) continue;
      const middle = Math.round(plot.valToPos(x[at] ?? 0, 'x', true));
      const [top, bottom] = [
        plot.valToPos(Math.max(o, c), 'y', true),
        plot.valToPos(Math.min(o, c), 'y', true),
      ];
      const [highest, lowest] = [plot.valToPos(h, 'y', true), plot.valToPos(l, 'y', true)];
      ctx.strokeStyle = c >= o ? rise : fall;
      ctx.fillStyle = fall;
      ctx.beginPath();
      ctx.moveTo(middle, highest);
      ctx.lineTo(middle, top);
      ctx.moveTo(middle, bottom);
      ctx.lineTo(middle, lowest);
      ctx.stroke();
      const tall = Math.max(1, bottom - top);
      if (c >= o && body > 2) ctx.strokeRect(middle - body / 2, top, body, tall);
      else if (body > 2) ctx.fillRect(middle - body / 2, top, body, tall);
      else {
        ctx.beginPath();
        ctx.moveTo(middle, top);
        ctx.lineTo(middle, top + tall);
        ctx.stroke();
      }
    }
    ctx.restore();
    return null;
  };
}
