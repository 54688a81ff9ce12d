/** The colours for canvases, from the current theme. */
export interface ChartColours {
  readonly text: string;
  readonly grid: string;
  readonly rise: string;
  readonly fall: string;
  readonly bought: string;
  readonly sold: string;
  /** The outline of a mark, which keeps it visible on any background. */
  readonly ground: string;
  readonly before: string;
  readonly marked: string;
  readonly lines: readonly string[];
}

export function chartColours(): ChartColours {
  const style = getComputedStyle(document.documentElement);
  const colour = (...names: readonly string[]): string => {
    for (const name of names) {
      const value = style.getPropertyValue(`--vscode-${name}`).trim();
      if (value !== '') return value;
    }
    return style.color;
  };
  return {
    text: colour('foreground'),
    grid: colour('charts-lines', 'editorIndentGuide-background1', 'widget-border'),
    rise: colour('charts-green'),
    fall: colour('charts-red'),
    bought: colour('charts-blue'),
    sold: colour('charts-yellow'),
    ground: colour('editor-background'),
    before: colour('descriptionForeground'),
    marked: colour('editorWarning-foreground', 'charts-yellow'),
    lines: [
      // Orange comes late: in some dark themes it is almost as dark as the background.
      colour('charts-blue'),
      colour('charts-purple'),
      colour('charts-green'),
      colour('charts-red'),
      colour('charts-yellow'),
      colour('charts-foreground', 'foreground'),
      colour('charts-orange'),
      colour('descriptionForeground'),
    ],
  };
}

/** Calls back when the theme changes: VS Code then changes the attributes of html and body. */
export function onThemeChange(changed: () => void): void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
}
