/** What was repaired or left out of a source, how often, and where first. */
export interface SourceNote {
  readonly what: string;
  readonly count: number;
  /** The first example; null where there is none to show. */
  readonly example: string | null;
}
