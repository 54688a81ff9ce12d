import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** What Debian provides: a browser to look at the editor with, and two libraries its native parts are built on. */
const needs = [
  { package: 'chromium', paths: ['/usr/bin/chromium'] },
  { package: 'libkrb5-dev', paths: ['/usr/include/gssapi/gssapi.h'] },
  { package: 'libsecret-1-dev', paths: ['/usr/include/libsecret-1/libsecret/secret.h'] },
  { package: 'pkg-config', paths: ['/usr/bin/pkg-config'] },
  { package: 'python3', paths: ['/usr/bin/python3'] },
  { package: 'g++', paths: ['/usr/bin/g++'] },
  { package: 'make', paths: ['/usr/bin/make'] },
];

export const chromiumPath = process.env['SEAMLESS_CHROMIUM'] ?? '/usr/bin/chromium';

/**
 * Installs the missing Debian packages when run as root. Otherwise throws an Error whose text carries the one line
 * to paste into a terminal.
 */
export function ensureSystemPackages(): void {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  // Another package manager at work is waited for, for five minutes.
  const patience = ['-o', 'DPkg::Lock::Timeout=300'];
  const line = `sudo apt-get update && sudo ${install.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `The editor tests need ${missing.join(', ')} from Debian. Paste this, then run again:\n  ${line}`,
    );
  }
  console.error(`Installing ${missing.join(', ')} for the editor tests…`);
  for (const args of [
    ['update', '-qq'],
    [...install.slice(1), '-qq', ...patience],
  ]) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const { status, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8' });
    if (status !== 0)
      throw new Error(`apt-get ${args[0]} failed. Paste this and read what it says:\n  ${line}\n${stderr}`);
  }
}

function missingPackages(): string[] {
  return needs
    .filter(
      ({ package: name, paths }) =>
        !(name === 'chromium' ? [chromiumPath] : paths).some((path) => existsSync(path)),
    )
    .map(({ package: name }) => name);
}
