/** A message if this Node version is too old; else null. Must run on any Node. */
export function needsNewerNode(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 12)) return null;
  return `Seamless needs Node 20.12 or later, and this is Node ${version}. Install a newer one from https://nodejs.org.`;
}
