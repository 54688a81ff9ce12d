/** The HTML report's style: light or dark, also in print. All text has a contrast of at least 4.5 : 1. */
export const REPORT_STYLE = `
:root { --paper: #fff; --ink: #1f2328; --quiet: #59636e; --edge: #d1d9e0; --soft: #f6f8fa; --up: 26, 127, 55; --down: 207, 34, 46;
  --rise: #1a7f37; --fall: #cf222e; --c1: #0969da; --c2: #bc4c00; --c3: #8250df; --c4: #1a7f37; --c5: #bf3989; --c6: #59636e; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --ink: #e6edf3; --quiet: #9198a1; --edge: #30363d; --soft: #151b23;
  --up: 63, 185, 80; --down: 248, 81, 73; --rise: #3fb950; --fall: #ff7b72; --c1: #58a6ff; --c2: #f0883e; --c3: #bc8cff; --c4: #3fb950; --c5: #f778ba; --c6: #9198a1; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 24px 20px 48px; background: var(--paper); color: var(--ink);
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { margin: 0; font-size: 24px; overflow-wrap: anywhere; }
h2 { margin: 28px 0 6px; font-size: 15px; }
p { margin: 4px 0; }
.quiet { color: var(--quiet); }
.mode { display: inline-block; padding: 1px 8px; border: 1px solid currentColor; border-radius: 4px; font-size: 12px; font-weight: 600; letter-spacing: .06em; vertical-align: middle; }
.mode.live { border: 3px double var(--fall); color: var(--fall); }
.caution { padding: 6px 10px; border-left: 3px solid var(--c2); background: var(--soft); overflow-wrap: anywhere; }
.numbers { display: flex; flex-wrap: wrap; gap: 8px; margin: 20px 0 0; }
.numbers div { flex: 1 1 130px; padding: 8px 12px; border: 1px solid var(--edge); border-radius: 6px; background: var(--soft); }
.numbers dt { color: var(--quiet); font-size: 12px; }
.numbers dd { margin: 0; font-size: 18px; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--quiet); font: 11px system-ui, sans-serif; }
svg .value { text-anchor: end; }
svg .time { text-anchor: middle; }
.grid { fill: none; stroke: var(--edge); stroke-width: .6; }
.line { fill: none; stroke-width: 1.4; stroke-linejoin: round; }
.first { stroke: var(--c1); } .second { stroke: var(--c2); stroke-dasharray: 6 3; } .third { stroke: var(--c3); stroke-dasharray: 2 3; }
.fourth { stroke: var(--c4); stroke-dasharray: 9 3 2 3; } .fifth { stroke: var(--c5); stroke-dasharray: 12 4; } .sixth { stroke: var(--c6); stroke-dasharray: 4 2 1 2; }
.under { stroke: var(--fall); } .area.under { fill: var(--fall); stroke: none; opacity: .25; }
.wick { fill: none; stroke-width: 1; } .body { stroke-width: 1; }
.rise { stroke: var(--rise); fill: var(--paper); } .fall { stroke: var(--fall); fill: var(--fall); }
.mark { stroke: var(--paper); stroke-width: .8; } .mark.bought { fill: var(--c1); } .mark.sold { fill: var(--c2); }
.legend { color: var(--quiet); font-size: 12px; } .legend .bought { color: var(--c1); } .legend .sold { color: var(--c2); }
.legend .key { white-space: nowrap; margin-right: 14px; } .legend svg { display: inline-block; width: 24px; height: 8px; vertical-align: middle; }
.wide, .tall { overflow: auto; }
.tall { max-height: 560px; border: 1px solid var(--edge); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: 3px 8px; border-bottom: 1px solid var(--edge); text-align: left; font-weight: normal; white-space: nowrap; }
thead th { position: sticky; top: 0; background: var(--soft); color: var(--quiet); font-weight: 600; }
td.number, th.number, .months td, .months thead th:not(:first-child) { text-align: right; }
.months .total { font-weight: 600; }
.meanings td:last-child { white-space: normal; }
${[0, 1, 2, 3, 4].map((at) => `.up${at} { background: rgba(var(--up), ${at * 0.07}); } .down${at} { background: rgba(var(--down), ${at * 0.07}); }`).join('\n')}
@media print { .tall { max-height: none; overflow: visible; } section { break-inside: avoid-page; } }
`;
