import { profile } from '../../support/profile.js';

/** The themes that pictures are made in, as this project names them. */
export type Theme = 'light' | 'dark' | 'hc-dark' | 'hc-light';

interface ColorTheme {
  /** Value of `workbench.colorTheme`. */
  readonly id: string;
  /** Class that the workbench's root element has under it. */
  readonly rootClass: string;
  /** What the body of a webview says of it. */
  readonly panelKind: string;
}

export const themes: Readonly<Record<Theme, ColorTheme>> = {
  light: { id: 'Light Modern', rootClass: 'vs', panelKind: 'vscode-light' },
  dark: { id: 'Dark Modern', rootClass: 'vs-dark', panelKind: 'vscode-dark' },
  'hc-dark': {
    id: 'Default High Contrast',

    rootClass: 'hc-black',
    panelKind: 'vscode-high-contrast',
  },
  'hc-light': {
    id: 'Default High Contrast Light',

    rootClass: 'hc-light',
    panelKind: 'vscode-high-contrast-light',
  },
};

/**
 * The themes that scenes are drawn in, to be looked at: all at night and for `npm run pictures`. In `npm test` two, by which a page hears
 * of another one as of all four.
 */
export const drawn: readonly Theme[] =
  profile === 'nightly' ? (Object.keys(themes) as Theme[]) : ['light', 'dark'];
