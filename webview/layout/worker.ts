// Runs in a thread of the page: one layout for each message.
import type { LayoutInput, Position } from './boxes.js';
import type { Flow } from './flow.js';
import { layeredLayout } from './layered.js';

export interface LayoutRequest {
  readonly id: number;
  readonly input: LayoutInput;
  readonly former: readonly (readonly [string, Position])[];
  readonly flow: Flow;
}

export type LayoutAnswer =
  | {
      readonly id: number;
      readonly placed: readonly (readonly [string, Position])[];
      readonly bends: readonly (readonly [string, readonly Position[]])[];
    }
  | { readonly id: number; readonly error: string };

addEventListener('message', ({ data }: MessageEvent<LayoutRequest>) => {
  const { id, input, former, flow } = data;
  let answer: LayoutAnswer;
  try {
    const { placed, bends } = layeredLayout(input, new Map(former), flow);
    answer = { id, placed: [...placed], bends: [...bends] };
  } catch (error) {
    answer = { id, error: error instanceof Error ? error.message : String(error) };
  }
  postMessage(answer);
});
