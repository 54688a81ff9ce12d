import type { OpenStream } from '../../engine/ports/source.js';
import { sourceError } from '../faults.js';
import type { ColumnLook } from './look.js';

/** Zone abbreviations in headers, `Time (EET)` or `time_et`, and their IANA zones. */
const ZONES: readonly (readonly [names: RegExp, zone: string])[] = [
  [/^(?:ET|EST|EDT|EST\/EDT|US\/Eastern|Eastern(?: time)?|NY|New York(?: time)?)$/i, 'America/New_York'],
  [/^(?:CT|CDT|CST\/CDT|US\/Central|Central(?: time)?|Chicago(?: time)?)$/i, 'America/Chicago'],
  [/^(?:PT|PST|PDT|PST\/PDT)$/i, 'America/Los_Angeles'],
  [/^(?:CET|CEST|MEZ|MESZ|CET\/CEST)$/i, 'Europe/Berlin'],
  [/^(?:EET|EEST|EET\/EEST)$/i, 'Europe/Helsinki'],
  [/^(?:BST|GMT\/BST|London(?: time)?)$/i, 'Europe/London'],
  [/^MSK$/i, 'Europe/Moscow'],
  [/^JST$/i, 'Asia/Tokyo'],
  [/^KST$/i, 'Asia/Seoul'],
  [/^HKT$/i, 'Asia/Hong_Kong'],
  [/^SGT$/i, 'Asia/Singapore'],
  [/^(?:AEST|AEDT)$/i, 'Australia/Sydney'],
];

/** @throws SeamlessError `source` where a header names a zone but the times do not: they would be read as UTC */
export function refuseNamedZone(
  stream: OpenStream,
  columns: readonly (ColumnLook | null)[],
  source: string,
): void {
  for (const column of columns) {
    const [, brackets, behind] =
      /[([]([^)\]]+)[)\]]|[ _]([a-z]{2,4}|eastern|central)$/i.exec(column?.name.trim() ?? '') ?? [];
    const named = (brackets ?? behind ?? '').trim();
    const zone = ZONES.find(([names]) => names.test(named))?.[1] ?? fixedZone(named);
    if (!column || zone === null) continue;
    throw sourceError(
      stream,
      `column ${column.name} of ${source} is in ${named} by its name, but its times name no zone: say timeZone: '${zone}', or timeZone: 'UTC' if they are UTC.`,
    );
  }
}

/** `UTC+2`: the IANA database counts with the opposite sign. */
function fixedZone(named: string): string | null {
  const [, sign, hours] = /^(?:UTC|GMT) ?([+-])0?(\d{1,2})(?::?00)?$/i.exec(named) ?? [];
  return sign === undefined || hours === '0' ? null : `Etc/GMT${sign === '+' ? '-' : '+'}${hours}`;
}
