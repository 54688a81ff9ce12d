import type { OpenStream } from '../../engine/ports/source.js';
import type { TextColumns } from '../time/column.js';
import { refuseNamedZone } from '../time/named-zone.js';
import { numberReading, readAsText, textReading, typedReading, type TimeReading } from '../time/reading.js';
import { isOfDays } from '../time/slots.js';
import type { RelationSource } from './relation-source.js';

/** How a relation's time is read, by what its column holds; null: that is no time. @param type of the column in DuckDB */
export function timeReading(
  stream: OpenStream,
  { time, shown }: RelationSource,
  columns: TextColumns,
  type: string,
): TimeReading | null {
  const { look } = columns;
  if (readAsText(time, look)) {
    const reading = textReading(stream, time, columns, shown);
    const text = (raw: string): string => (look.holds === 'number' ? `CAST(${raw} AS BIGINT)::VARCHAR` : raw);
    return reading && { ...reading, unit: 0, open: (raw, beside) => reading.open(text(raw), beside) };
  }
  if (look.holds === 'number') return numberReading(stream, time, look);
  const reading = typedReading(stream, time, type);
  // Midnights of daily bars are dates in any zone.
  if (reading?.naive && !isOfDays(stream)) refuseNamedZone(stream, [look], shown);
  return reading;
}
