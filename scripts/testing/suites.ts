import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SuiteTime } from './outcome.js';
import { root } from './paths.js';

/** What each suite took when it was last run here. */
const record = join(root, '.test-tmp/suites.json');

/** A suite's first line, when it takes more than about four seconds of processor time: for how long, and why. */
const DECLARED = /^\/\/ Slow \((\d+) s\): .+/;

/** A suite that takes more processor time than this without declaring it is named: twice what may go undeclared, for busy machines. */
const UNDECLARED_SECONDS = 8;

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

/** About how long a suite says that it takes; undefined for one that is quick. */
export function declaredSeconds(file: string): number | undefined {
  const found = DECLARED.exec(readFileSync(join(root, file), 'utf8'));
  return found ? Number(found[1]) : undefined;
}

/** Suites that took long first, or say that they will, so that lanes end together. */
export function longestFirst(files: readonly string[]): string[] {
  const known = recorded();
  const weights = new Map(files.map((file) => [file, known.get(file) ?? declaredSeconds(file) ?? 0]));
  return [...files].sort((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0));
}

/** Suites that belong to those that declare themselves slow, and do not. */
export function undeclared(times: readonly SuiteTime[]): string[] {
  return times
    .filter(({ file, processorSeconds }) => file.endsWith('.ts') && processorSeconds > UNDECLARED_SECONDS)
    .map(({ file }) => file)
    .filter((file) => !file.startsWith('test/vscode') && declaredSeconds(file) === undefined);
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
