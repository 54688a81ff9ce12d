/** Which decimal and thousands separators numbers have. */
export interface NumberMarks {
  readonly decimal: '.' | ',';
  /** Empty: none. */
  readonly thousands: string;
}

export const PLAIN_NUMBERS: NumberMarks = { decimal: '.', thousands: '' };

/** DuckDB takes thousands separators of one byte. */
export function isOneByte({ thousands }: NumberMarks): boolean {
  return thousands === '' || thousands.charCodeAt(0) < 128;
}

/** What one number shows about its separators. */
type Evidence = 'dot-decimal' | 'comma-decimal' | 'dot-open' | 'comma-open' | null;

function evidenceOf(text: string): Evidence {
  const digits = text.replace(/[^\d.,]/g, '');
  const dots = digits.split('.').length - 1;
  const commas = digits.split(',').length - 1;
  if (dots > 0 && commas > 0)
    return digits.lastIndexOf('.') > digits.lastIndexOf(',') ? 'dot-decimal' : 'comma-decimal';
  if (dots > 1) return 'comma-decimal';
  if (commas > 1) return 'dot-decimal';
  // A single separator before three digits could be either.
  if (dots === 1)
    return /^\d{1,3}\.\d{3}$/.test(digits) && !digits.startsWith('0.') ? 'dot-open' : 'dot-decimal';
  if (commas === 1)
    return /^\d{1,3},\d{3}$/.test(digits) && !digits.startsWith('0,') ? 'comma-open' : 'comma-decimal';
  return null;
}

/** The separators of a file's numbers. `open`: a number that could be read in two ways, with nothing to decide it. */
export type MarksFound =
  | { readonly marks: NumberMarks; readonly open?: undefined }
  | { readonly open: string; readonly marks?: undefined };

/** Prices in points and thirty-seconds, 110'165, could be thousands. */
const THIRTY_SECONDS = /^\d{2,3}'(?:[0-2]\d|3[01])[0257]$/;

/** Whether all of these texts may be points and thirty-seconds. */
export function mayBeThirtySeconds(texts: readonly string[]): boolean {
  return texts.length > 0 && texts.every((text) => THIRTY_SECONDS.test(text.trim()));
}

/**
 * The separators of a file's numbers, judged by all of them together.
 * @param numbers cells that hold numbers
 * @param delimiter a semicolon suggests a decimal comma
 */
export function marksOf(numbers: Iterable<string>, delimiter: string): MarksFound {
  const seen = new Map<Evidence, string>();
  let other = '';
  const groups = new Set<string>();
  for (const text of numbers) {
    const spaced = /\d(['’ \u00a0\u202f])\d{3}/.exec(text);
    if (spaced?.[1] !== undefined) other = spaced[1];
    const evidence = evidenceOf(text.replace(/['’ \u00a0\u202f]/g, ''));
    if (!seen.has(evidence)) seen.set(evidence, text);
    for (const [, mark] of text.matchAll(/\d([.,])\d{3}(?!\d)/g)) if (mark !== undefined) groups.add(mark);
  }
  const [dot, comma] = [seen.get('dot-decimal'), seen.get('comma-decimal')];
  if (dot !== undefined && comma !== undefined) return { open: `${dot} and ${comma}` };
  if (comma !== undefined)
    return { marks: { decimal: ',', thousands: other || (groups.has('.') ? '.' : '') } };
  if (dot !== undefined) return { marks: { decimal: '.', thousands: other || (groups.has(',') ? ',' : '') } };
  const open = seen.get('comma-open') ?? (delimiter === ';' ? seen.get('dot-open') : undefined);
  return open === undefined ? { marks: { decimal: '.', thousands: other } } : { open };
}
