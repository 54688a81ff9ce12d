// The only file that knows `@vscode/webview-ui-toolkit`: another set of controls is one change.
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
  /** What a tooltip says, and a screen reader of a button without text. */
  readonly title?: string;
}

export type Control = HTMLElement & { disabled: boolean };
export type ValueControl = Control & { value: string };

/** A button; one of look `icon` shows its glyph alone. */
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

/** A line of text to type in; each change is passed on. */
export function textField(label: string, onInput: (value: string) => void): ValueControl {
  const element = document.createElement('vscode-text-field') as ValueControl;
  assign(element, { placeholder: label, 'aria-label': label });
  element.addEventListener('input', () => onInput(element.value));
  return element;
}

/** A choice of one: values with their texts. */
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

/** A ring that turns until it is taken away. The toolkit's own has inline styles, which the page's policy forbids. */
export function progressRing(label: string): HTMLElement {
  return h('span', { class: 'ring', role: 'img', 'aria-label': label });
}
