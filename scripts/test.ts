// Every test, with one count at the end: `npm test`, or `npm test -- rooms`, `package`, `editor` for one stage. What else is
// named goes to mocha: `npm test -- editor test/vscode/workbench/log.test.ts`.
import { editorTools } from '../test/vscode/harness/tools.js';
import { check, counted, mocha, runNode, type Outcome } from './testing/stages.js';

const stages = {
  rooms: (asked: readonly string[]) =>
    mocha('rooms', [
      '--timeout=60000',
      ...(asked.length > 0 ? asked : ['test/**/*.test.ts']),
      '--ignore=test/data/**',
      '--ignore=test/vscode/**',
    ]),
  package: () => check('package for this platform', ['scripts/package.ts', 'current']),
  editor: process.platform === 'linux' ? editor : desktop,
} satisfies Record<string, (asked: readonly string[]) => Promise<Outcome>>;

type StageName = keyof typeof stages;

async function editor(asked: readonly string[]): Promise<Outcome> {
  try {
    await editorTools();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { passed: 0, failed: ['editor: could not be installed'] };
  }
  return mocha('editor', [
    '--timeout=60000',
    // A window that was slow once, on a machine at other work, is looked at once more.
    '--retries=1',
    ...(asked.length > 0 ? asked : ['test/vscode/workbench/*.test.ts']),
  ]);
}

async function desktop(): Promise<Outcome> {
  console.log(
    'The suites that drive a browser run on Linux only; here those inside the extension host run in a desktop VS Code, which is downloaded.',
  );
  return counted('editor', (results) =>
    runNode(['test/vscode/desktop.ts'], { SEAMLESS_HOST_RESULTS: results }),
  );
}

async function main(words: readonly string[]): Promise<void> {
  const named = words.filter((word): word is StageName => word in stages);
  const asked = words.filter((word) => !(word in stages));
  const chosen = named.length > 0 ? named : (Object.keys(stages) as StageName[]);
  const outcomes: Outcome[] = [];
  let packaged = true;
  for (const name of chosen) {
    console.log(`\n— ${name} —`);
    const outcome: Outcome =
      name === 'editor' && !packaged
        ? { passed: 0, failed: ['editor: not run, since there is no package to install'] }
        : await stages[name](asked);
    if (name === 'package') packaged = outcome.failed.length === 0;
    outcomes.push(outcome);
  }
  summarise(chosen, outcomes);
}

function summarise(names: readonly string[], outcomes: readonly Outcome[]): void {
  console.log();
  outcomes.forEach(({ passed, failed }, at) =>
    console.log(`${names[at]}: ${passed} passed, ${failed.length} failed`),
  );
  const failures = outcomes.flatMap(({ failed }) => failed);
  for (const title of failures) console.log(`  failed: ${title}`);
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  console.log(`${passed} passed, ${failures.length} failed`);
  if (failures.length > 0) process.exitCode = 1;
}

await main(process.argv.slice(2));
