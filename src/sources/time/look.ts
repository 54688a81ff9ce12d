/** What a column's type and first values show. */
export interface ColumnLook {
  readonly name: string;
  /** `time`: a date or a time by its type. */
  readonly holds: 'number' | 'text' | 'time' | 'other';
  /** Distinct values of a column of texts, some of them; for numbers only those that may be dates such as 20240102, or times of day. */
  readonly texts: readonly string[];
  /** Least and largest absolute value of a column of numbers. */
  readonly least: number;
  readonly largest: number;
}
