/**
 * Texts that a spreadsheet runs as a formula when it opens a CSV file, also behind white space and in wide characters. Read by
 * JavaScript and DuckDB alike.
 */
export const FORMULA = '^[\\t\\r]|^[\\s\\x{a0}\\x{3000}]*[=+@＝＋－＠-]';

const PATTERN = new RegExp(FORMULA.replaceAll('\\x{', '\\u{'), 'u');

/** The same text; with a quote before it where a spreadsheet would run it. */
export function withoutFormula(text: string): string {
  return PATTERN.test(text) ? `'${text}` : text;
}
