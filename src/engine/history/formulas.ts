/**
 * Texts that a spreadsheet runs as formulas when it opens a CSV file, also after white space and in full-width characters.
 * JavaScript and DuckDB use the same pattern.
 */
export const FORMULA = '^[\\t\\r]|^[\\s\\x{a0}\\x{3000}]*[=+@＝＋－＠-]';

const PATTERN = new RegExp(FORMULA.replaceAll('\\x{', '\\u{'), 'u');

/** The text, with a leading quote if a spreadsheet would run it. */
export function withoutFormula(text: string): string {
  return PATTERN.test(text) ? `'${text}` : text;
}
