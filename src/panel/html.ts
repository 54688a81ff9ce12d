interface PanelPage {
  /** Fresh for each page, letters and digits. */
  readonly nonce: string;
  /** The origin of the page's scripts and styles: VS Code's `webview.cspSource`. */
  readonly cspSource: string;
  /** Addresses of `dist/webview/dag.js` and `dag.css`. */
  readonly script: string;
  readonly style: string;
  /** A language tag, as `vscode.env.language`. */
  readonly language: string;
  readonly title: string;
  /** The host's key of the strategy; the page keeps it, so that a restored panel knows what it shows. */
  readonly key: string;
}

/**
 * The DAG panel's page. It loads only its own script and styles; the layout worker starts from a blob, and a PNG picture is a
 * `data:` address. The UI toolkit reads the nonce from `csp-nonce`.
 */
export function panelHtml({ nonce, cspSource, script, style, language, title, key }: PanelPage): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource} 'nonce-${nonce}'`,
    'img-src data: blob:',
    'worker-src blob:',
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escaped(language)}">
  <head>
    <meta charset="UTF-8" />
    <meta http-equiv="Content-Security-Policy" content="${escaped(policy)}" />
    <meta property="csp-nonce" content="${escaped(nonce)}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${escaped(title)}</title>
    <link rel="stylesheet" href="${escaped(style)}" />
  </head>
  <body>
    <div id="app" data-key="${escaped(key)}"></div>
    <script nonce="${escaped(nonce)}" src="${escaped(script)}"></script>
  </body>
</html>
`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
