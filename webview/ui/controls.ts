// The only file that uses `@vscode/webview-ui-toolkit`, so that it can be replaced in one place.
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { assign, h } from './dom.js';
import { glyph, type GlyphName } from './glyphs.js';

provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeDropdown(), vsCodeOption(), vsCodeTextField());

export interface ButtonOptions {
  readonly text: string;
  readonly onClick: () => void;
  readonly look?: 'primary' | 'secondary' | 'icon';
  readonly glyph?: GlyphName;
  /** The tooltip, and the screen reader's text for a button without text. */
  readonly title?: string;
}

export type Control = HTMLElement & { disabled: boolean };
export type ValueControl = Control & { value: string };

/** A button; with the look `icon` it shows only its glyph. */
export function button({ text, onClick, look = 'secondary', glyph: name, title }: ButtonOptions): Control {
  const element = document.createElement('vscode-button') as Control;
  assign(element, { appearance: look, title: title ?? (look === 'icon' ? text : null), 'aria-label': text });
  if (name) {
    const icon = glyph(name);
    if (look !== 'icon') icon.setAttribute('slot', 'start');
    element.append(icon);
  }
  if (look !== 'icon') element.append(text);
  element.addEventListener('click', () => {
    if (!element.disabled) onClick();
  });
  return element;
}

/** A text field; each change is reported. */
export function textField(label: string, onInput: (value: string) => void): ValueControl {
  const element = document.createElement('vscode-text-field') as ValueControl;
  assign(element, { placeholder: label, 'aria-label': label });
  element.addEventListener('input', () => onInput(element.value));
  return element;
}

/** A select: values with their texts. */
export function dropdown(
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  onChange: (value: string) => void,
): ValueControl {
  const element = document.createElement('vscode-dropdown') as ValueControl;
  assign(element, { 'aria-label': label, title: label });
  for (const [value, text] of options) {
    const option = document.createElement('vscode-option');
    assign(option, { value });
    option.append(text);
    element.append(option);
  }
  element.addEventListener('change', () => onChange(element.value));
  return element;
}

/** A spinner. The toolkit's own has inline styles, which the page's policy forbids. */
export function progressRing(label: string): HTMLElement {
  return h('span', { class: 'ring', role: 'img', 'aria-label': label });
}
