import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

interface SystemPackage {
  readonly package: string;
  /** Where its files are: one of them is enough. */
  readonly paths: readonly string[];
}

const ownBrowser = process.env['SEAMLESS_CHROMIUM'];

export const chromiumPath = ownBrowser ?? '/usr/bin/chromium';

const browser: readonly SystemPackage[] = [{ package: 'chromium', paths: [chromiumPath] }];

/** What the editor's native parts are built with, and two libraries they are built on. */
const compiling: readonly SystemPackage[] = [
  { package: 'libkrb5-dev', paths: ['/usr/include/gssapi/gssapi.h'] },
  { package: 'libsecret-1-dev', paths: ['/usr/include/libsecret-1/libsecret/secret.h'] },
  { package: 'pkg-config', paths: ['/usr/bin/pkg-config'] },
  { package: 'python3', paths: ['/usr/bin/python3'] },
  { package: 'g++', paths: ['/usr/bin/g++'] },
  { package: 'make', paths: ['/usr/bin/make'] },
];

/** The browser that pages are looked at with: installed as root, otherwise an Error that says how to. */
export function ensureBrowser(): void {
  ensure(browser);
}

/** The browser, and what the editor's server is built with. */
export function ensureEditorPackages(): void {
  ensure([...browser, ...compiling]);
}

/**
 * Installs the missing Debian packages when run as root. Otherwise throws an Error whose text carries the one line
 * to paste into a terminal.
 */
function ensure(needs: readonly SystemPackage[]): void {
  if (ownBrowser !== undefined && !existsSync(ownBrowser))
    throw new Error(`SEAMLESS_CHROMIUM names ${ownBrowser}, where no browser is. Correct it, or unset it.`);
  const missing = needs
    .filter(({ paths }) => !paths.some((path) => existsSync(path)))
    .map(({ package: name }) => name);
  if (missing.length === 0) return;
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  // Another package manager at work is waited for, for five minutes.
  const patience = ['-o', 'DPkg::Lock::Timeout=300'];
  const line = `sudo apt-get update && sudo ${install.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `The tests need ${missing.join(', ')} from Debian or Ubuntu. Paste this, then run again:\n  ${line}\nA browser elsewhere than /usr/bin/chromium is named by SEAMLESS_CHROMIUM.`,
    );
  }
  console.error(`Installing ${missing.join(', ')} for the tests…`);
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
