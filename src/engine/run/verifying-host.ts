import type {
  ComputeRequest,
  ComputeResult,
  FiringProgress,
  GraphDescription,
  StrategyHost,
} from '../ports/host.js';

/**
 * A host that computes every node by itself, even those that share a fingerprint: verification must not assume that fingerprints
 * are right.
 * @param alone whether each bar is computed from its own windows only
 */
export function verifyingHost(host: StrategyHost, alone: boolean): StrategyHost {
  return {
    async describe(): Promise<GraphDescription> {
      const described = await host.describe();
      const nodes = described.nodes.map((node, index) => {
        const { own } = node;
        if (node.kind === 'stream' || own.hash === undefined) return node;
        return { ...node, location: node.location, own: { ...own, hash: `${own.hash} ${index}` } };
      });
      return { ...described, nodes };
    },
    compute(request: ComputeRequest, progress: FiringProgress, signal: AbortSignal): Promise<ComputeResult> {
      return host.compute(alone ? { ...request, alone } : request, progress, signal);
    },
    sent: async () => host.sent?.(),
    settle: async () => (await host.settle?.()) ?? null,
  };
}
