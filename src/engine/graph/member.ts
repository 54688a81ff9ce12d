/** A node's family and symbol. The package's public types include this file, and must not include the hosts'. */
interface Described {
  readonly description: {
    readonly member?: { readonly family: string; readonly symbol: string | null } | null;
  };
}

/** For a node over a universe: its family and symbol. */
export interface Member {
  /** The name that the author gave all members; undefined: it is in no family. */
  readonly family?: string | undefined;
  /** A family's node without a symbol computes the section of all members. */
  readonly symbol?: string | undefined;
}

export function memberOf({ description }: Described): Member {
  const { family, symbol } = description.member ?? {};
  if (family === undefined) return {};
  return typeof symbol === 'string' ? { family, symbol } : { family };
}
