import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SuiteTime } from './outcome.js';
import { root } from './paths.js';

/** What each suite took when it was last run here. */
const record = join(root, '.test-tmp/suites.json');

/** Rooms whose suites take long, for the first run on a machine. */
const LONG = ['test/torture', 'test/child', 'test/store', 'test/engine', 'test/webview', 'test/hosts'];

/** Test files among paths of files and folders in the repository, each once. Throws an Error that names a path with none. */
export function testFiles(paths: readonly string[]): string[] {
  const found = paths.flatMap((path) => {
    const files = filesIn(path);
    if (files.length === 0) throw new Error(`There is no test in ${path}.`);
    return files;
  });
  return [...new Set(found)];
}

function filesIn(path: string): string[] {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  if (stats?.isFile()) return [path];
  if (!stats) return [];
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .flatMap((entry) => {
      const inner = `${path}/${entry.name}`;
      if (entry.isDirectory()) return filesIn(inner);
      return entry.name.endsWith('.test.ts') ? [inner] : [];
    });
}

/** Suites that took long first, so that lanes end together; those that are new before them. */
export function longestFirst(files: readonly string[]): string[] {
  const known = recorded();
  const guess = (file: string): number => {
    const place = LONG.findIndex((room) => file.startsWith(room));
    return place < 0 ? 0 : LONG.length - place;
  };
  const weight = (file: string): number =>
    known.size === 0 ? guess(file) : (known.get(file) ?? Number.MAX_VALUE);
  return [...files].sort((a, b) => weight(b) - weight(a));
}

/** Remembers what suites took, beside those that were not run this time. */
export function remember(times: readonly SuiteTime[]): void {
  const all = recorded();
  for (const { file, seconds } of times) all.set(file, seconds);
  mkdirSync(dirname(record), { recursive: true });
  writeFileSync(record, JSON.stringify(Object.fromEntries(all), null, 1));
}

function recorded(): Map<string, number> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(record, 'utf8')) as Record<string, number>));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return new Map();
    throw error;
  }
}

/** A table of what suites took, slowest first; the quick ones as one line. */
export function timeTable(times: readonly SuiteTime[]): string {
  const sorted = [...times].sort((a, b) => b.seconds - a.seconds);
  const slow = sorted.filter(({ seconds }) => seconds >= 1);
  const quick = sorted.slice(slow.length);
  const line = (seconds: number, processor: number, text: string): string =>
    `${seconds.toFixed(1).padStart(8)} ${processor.toFixed(1).padStart(10)}  ${text}`;
  const sum = (of: readonly SuiteTime[], part: 'seconds' | 'processorSeconds'): number =>
    of.reduce((total, each) => total + each[part], 0);
  return [
    ' seconds  processor  suite',
    ...slow.map((each) => line(each.seconds, each.processorSeconds, `${each.file} (${each.tests})`)),
    line(
      sum(quick, 'seconds'),
      sum(quick, 'processorSeconds'),
      `${quick.length} suites of less than a second`,
    ),
    line(sum(times, 'seconds'), sum(times, 'processorSeconds'), `all ${times.length}`),
  ].join('\n');
}
