import { readFile } from 'node:fs/promises';

/** A platform VS Code knows, as npm's `os`, `cpu` and `libc` describe it. */
export interface Target {
  readonly name: string;
  readonly os: string;
  readonly cpu: string;
  readonly libc?: 'glibc' | 'musl';
}

/** One package as the lock file pins it. */
export interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

export type Lock = Readonly<Record<string, LockedPackage>>;

/** A package to put beside the extension's code, under `node_modules/NAME`. */
export interface Pinned {
  readonly name: string;
  readonly version: string;
  /** As in the lock file: `sha512-…`, base64. */
  readonly integrity: string;
}

/** Every platform of VS Code with an extension host of Node. */
export const vscodeTargets: readonly Target[] = [
  { name: 'win32-x64', os: 'win32', cpu: 'x64' },
  { name: 'win32-arm64', os: 'win32', cpu: 'arm64' },
  { name: 'darwin-x64', os: 'darwin', cpu: 'x64' },
  { name: 'darwin-arm64', os: 'darwin', cpu: 'arm64' },
  { name: 'linux-x64', os: 'linux', cpu: 'x64', libc: 'glibc' },
  { name: 'linux-arm64', os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { name: 'linux-armhf', os: 'linux', cpu: 'arm', libc: 'glibc' },
  { name: 'alpine-x64', os: 'linux', cpu: 'x64', libc: 'musl' },
  { name: 'alpine-arm64', os: 'linux', cpu: 'arm64', libc: 'musl' },
];

/** Scopes whose packages are one platform's binaries each: a target without one of either cannot run. */
const binaryScopes = ['@duckdb/node-bindings-', '@esbuild/'];

export async function readLock(path: string): Promise<Lock> {
  const { packages } = JSON.parse(await readFile(path, 'utf8')) as { packages: Lock };
  return packages;
}

/** The run-time dependencies of one target, as the lock file pins them: everything for all platforms, one platform's binaries. */
export function dependenciesOf(target: Target, lock: Lock): Pinned[] {
  const found = new Map<string, Pinned>();
  const visit = (names: Iterable<string>): void => {
    for (const name of names) {
      const locked = lock[`node_modules/${name}`];
      if (locked === undefined)
        throw new Error(`The lock file does not pin ${name}. Run npm install, then package again.`);
      if (found.has(name) || !runsOn(target, locked)) continue;
      if (locked.integrity === undefined) throw new Error(`The lock file has no integrity for ${name}.`);
      found.set(name, { name, version: locked.version, integrity: locked.integrity });
      visit(Object.keys({ ...locked.dependencies, ...locked.optionalDependencies }));
    }
  };
  visit(Object.keys(lock['']?.dependencies ?? {}));
  return [...found.values()];
}

/** The binaries a target lacks, as a sentence; undefined when it has all. */
export function whyNot(target: Target, dependencies: readonly Pinned[]): string | undefined {
  const lacking = binaryScopes.filter((scope) => !dependencies.some(({ name }) => name.startsWith(scope)));
  if (lacking.length === 0) return undefined;
  return `${target.name}: not packaged, because no ${lacking.map((scope) => `${scope}…`).join(' or ')} is published for it.`;
}

/** The target of the machine this runs on; undefined where VS Code's names have none. */
export function currentTarget(): Target | undefined {
  return vscodeTargets.find(
    ({ os, cpu, libc }) =>
      os === process.platform && cpu === process.arch && (libc === undefined || libc === currentLibc()),
  );
}

function currentLibc(): 'glibc' | 'musl' {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/** Packages without a `libc` run on either: esbuild's for Linux are linked statically. */
function runsOn(target: Target, { os, cpu, libc }: LockedPackage): boolean {
  return (
    (os?.includes(target.os) ?? true) &&
    (cpu?.includes(target.cpu) ?? true) &&
    (libc === undefined || (target.libc !== undefined && libc.includes(target.libc)))
  );
}
