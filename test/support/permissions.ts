/**
 * What to put before a command so that permissions of files bind it: nothing for most, but root passes over them. Another user would
 * not do, who may not reach the repository.
 */
export const BOUND_BY_PERMISSIONS: readonly string[] =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];
