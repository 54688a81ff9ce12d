import type { SourceDescription } from '../../engine/ports/host.js';
import type { DagNode } from '../../sdk/dag-node.js';
import { ColumnCompute, KernelCompute, Node, SlotCompute, StreamInput } from '../../sdk/node.js';
import { PresetHistory } from '../../sdk/providers/presets.js';
import type { HistoryProvider } from '../../sdk/providers/providers.js';
import { ScanNode } from '../../sdk/scan-node.js';
import type { Strategy } from '../../sdk/strategy.js';
import { CrossNode } from '../../sdk/universe/cross-node.js';
import { parseInterval, TICK, type Seconds } from '../../sdk/time/time.js';
import type { ComputedNode } from './compute/computation.js';

export function isComputed(node: DagNode): node is ComputedNode {
  return node instanceof Node || node instanceof ScanNode || node instanceof CrossNode;
}

/** Whether no function of the author's computes it. */
export function isBuiltIn(node: ComputedNode): boolean {
  return node instanceof Node && node.computeFn instanceof KernelCompute;
}

export const BAR = 'bar';

/** The same text has another meaning when it is called with columns, or with a state. */
export function formOf(node: ComputedNode): string {
  if (node instanceof ScanNode) return 'scan';
  if (node instanceof CrossNode) return 'cross';
  if (node.computeFn instanceof SlotCompute) return 'slot';
  return node.computeFn instanceof ColumnCompute ? 'columns' : BAR;
}

/** The author's functions that a node calls. A built-in has none: its kind and parameters describe it. */
export function functionsOf(node: ComputedNode): readonly object[] {
  if (isBuiltIn(node)) return [];
  if (node instanceof ScanNode) return [node.init, node.step];
  if (node.computeFn instanceof SlotCompute) return [node.computeFn.reduce];
  return [node.computeFn instanceof ColumnCompute ? node.computeFn.compute : node.computeFn];
}

/** The interval that an author gave a node, in seconds; null: none. @throws SeamlessError `interval` */
export function intervalOf({ interval, kind, name }: DagNode): Seconds | null {
  if (interval === undefined) return null;
  if (kind === 'stream' && interval === 'tick') return TICK;
  return parseInterval(interval, `The interval of ${name}`);
}

/** The interval of a stream's preset, if neither the stream nor its strategy has one. */
export function presetInterval(node: DagNode, { interval }: Pick<Strategy, 'interval'>): Seconds | null {
  const history = node instanceof StreamInput ? node.historyProvider : null;
  return history instanceof PresetHistory && interval === undefined ? history.interval : null;
}

type CustomProvider = HistoryProvider & Required<Pick<HistoryProvider, 'fetch'>>;

export function isCustom(provider: HistoryProvider): provider is CustomProvider {
  return typeof provider.fetch === 'function';
}

export function sourceOf(provider: HistoryProvider): SourceDescription {
  const { options, pinned = false, transport, held } = provider;
  const kind = isCustom(provider) ? 'custom' : provider.kind;
  return {
    kind,
    options,
    ...(pinned && { pinned }),
    ...(transport && { transport }),
    // Only presets have service levels; a custom provider does not.
    ...(held && provider instanceof PresetHistory && { held }),
  };
}

/** A strategy's nodes, plus inputs that were not added explicitly, before their dependents. */
export function withInputs(added: readonly DagNode[]): readonly DagNode[] {
  const all = new Set<DagNode>();
  const entered = new Set<DagNode>();
  for (const node of added) {
    const stack = [node];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const inputs = isComputed(top) && !entered.has(top) ? top.inputs : [];
      const missing = inputs.filter((input) => !all.has(input) && !entered.has(input));
      if (missing.length > 0) {
        entered.add(top);
        stack.push(...missing.reverse());
        continue;
      }
      stack.pop();
      all.add(top);
    }
  }
  return [...all];
}
