/** The part of `AbortSignal` used here: its type is missing in a folder without installed packages. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
}
