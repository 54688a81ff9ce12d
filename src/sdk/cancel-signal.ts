/** What is used of an `AbortSignal`: its type is not at hand in a folder that never installed anything. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
}
