/** Nanoseconds since the epoch, as `stat` gives them on request. */
interface Stamps {
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** The coarsest file systems have stamps of whole seconds, or of 10 ms. */
const COARSE_NS = 10_000_000n;

/** Two writes this close together may have the same stamp there. */
const COARSE_WINDOW_NS = 2_000_000_000n;

/** The same elsewhere: stamps are those of the kernel's clock, which ticks every 10 ms or more often. */
const FINE_WINDOW_NS = 100_000_000n;

/** When a file last changed, or what is known about it. */
export function changedNs({ mtimeNs, ctimeNs }: Stamps): bigint {
  return mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
}

/** Whether a file changed so long before a time that each later change gives it another stamp. @param now milliseconds since the epoch */
export function isSettled(stamps: Stamps, now: number): boolean {
  const changed = changedNs(stamps);
  const window = changed % COARSE_NS === 0n ? COARSE_WINDOW_NS : FINE_WINDOW_NS;
  return changed + window < BigInt(now) * 1_000_000n;
}
