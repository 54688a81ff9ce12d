/** What was repaired or left out of a source, how often, and the first case. */
export interface SourceNote {
  readonly what: string;
  readonly count: number;
  /** The first example; null: none to show. */
  readonly example: string | null;
}
