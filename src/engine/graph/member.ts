/** A node as far as it says whose it is. The types of the package reach this file, and may not reach those of hosts. */
interface Described {
  readonly description: {
    readonly member?: { readonly family: string; readonly symbol: string | null } | null;
  };
}

/** Of a node over a universe: whose it is. */
export interface Member {
  /** The name its author gave to all of them; undefined: it is in no family. */
  readonly family?: string | undefined;
  /** A family's node without a symbol computes the section of all. */
  readonly symbol?: string | undefined;
}

export function memberOf({ description }: Described): Member {
  const { family, symbol } = description.member ?? {};
  if (family === undefined) return {};
  return typeof symbol === 'string' ? { family, symbol } : { family };
}
