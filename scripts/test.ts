// Every test, with one count at the end: `npm test`, or `npm test -- rooms`, `package`, `editor` for one stage. What else is
// named are files and folders of tests: `npm test -- editor test/vscode/workbench/terminal.test.ts`. `npm run test:quick` leaves
// out suites that declare themselves slow, `npm run test:nightly` tries every property with more cases.
import { availableParallelism } from 'node:os';
import { editorTools } from '../test/vscode/harness/tools.js';
import { ensureBrowser } from '../test/vscode/harness/system.js';
import { Lanes } from './testing/lanes.js';
import { notRun, type Outcome } from './testing/outcome.js';
import { check, counted } from './testing/stages.js';
import {
  declaredSeconds,
  longestFirst,
  remember,
  testFiles,
  timeTable,
  undeclared,
} from './testing/suites.js';

const EDITOR = 'test/vscode/workbench';
/** Run with another command, for they need data that is not in the repository. */
const DATA = 'test/data';

const stages = {
  quick: (_, isAlone: boolean) =>
    rooms(
      roomFiles().filter((file) => declaredSeconds(file) === undefined),
      isAlone,
    ),
  rooms: (asked: readonly string[], isAlone: boolean) =>
    rooms(asked.length > 0 ? testFiles(asked) : roomFiles(), isAlone),
  package: () => check('package for this platform', ['scripts/package.ts', 'current']),
  data: (asked: readonly string[]) => editor(asked.length > 0 ? asked : [DATA]),
  editor: process.platform === 'linux' ? editor : desktop,
} satisfies Record<string, (asked: readonly string[], isAlone: boolean) => Promise<Outcome>>;

type StageName = keyof typeof stages;

const EVERY: readonly StageName[] = ['package', 'rooms', 'editor'];

function roomFiles(): string[] {
  return testFiles(['test']).filter((file) => !file.startsWith('test/vscode') && !file.startsWith(DATA));
}

/** One more than there are processors: a lane waits for disks, servers and time limits a third of the time. */
const LANES = Math.min(availableParallelism() + 1, 4);

/** @param isAlone whether no other stage runs beside it: an editor that has to wait for processors would be the last to end */
async function rooms(files: readonly string[], isAlone: boolean): Promise<Outcome> {
  if (files.some((file) => file.startsWith('test/webview'))) ensureBrowser();
  return inLanes(new Lanes('rooms', longestFirst(files)), isAlone ? LANES : LANES - 1);
}

async function editor(asked: readonly string[]): Promise<Outcome> {
  await editorTools();
  return inLanes(new Lanes('editor', testFiles(asked.length > 0 ? asked : [EDITOR]), true), 1);
}

const underWay = new Set<Lanes>();

/** Runs suites; when they are done, those that still run beside them go on with a lane more. */
async function inLanes(lanes: Lanes, count: number): Promise<Outcome> {
  underWay.add(lanes);
  const outcome = await lanes.run(count);
  underWay.delete(lanes);
  for (const others of underWay) others.add();
  return outcome;
}

async function desktop(): Promise<Outcome> {
  console.log(
    'The suites that drive a browser run on Linux only; here those inside the extension host run in a desktop VS Code, which is downloaded.',
  );
  return counted('desktop', ['test/vscode/desktop.ts']);
}

async function main(words: readonly string[]): Promise<void> {
  if (words.includes('--nightly')) process.env['SEAMLESS_PROFILE'] = 'nightly';
  const named = words.filter((word): word is StageName => word in stages);
  const asked = words.filter((word) => !(word in stages) && !word.startsWith('--'));
  const chosen = named.length > 0 ? named : EVERY;
  const packaged = chosen.includes('package') ? [await outcomeOf('package', asked, true)] : [];
  // The editor is mostly waited for: the rooms keep the processors busy meanwhile.
  const others = chosen.filter((name) => name !== 'package');
  const unpackaged = packaged.some(({ failed }) => failed.length > 0);
  const rest = others.map(async (name) =>
    name === 'editor' && unpackaged
      ? notRun(name, 'not run, since there is no package to install')
      : outcomeOf(name, asked, others.length === 1),
  );
  const outcomes = [...packaged, ...(await Promise.all(rest))];
  summarise([...(packaged.length > 0 ? ['package'] : []), ...others], outcomes);
}

/** What a stage came to; failed where it cannot be run. */
async function outcomeOf(name: StageName, asked: readonly string[], isAlone: boolean): Promise<Outcome> {
  console.log(`\n— ${name} —`);
  try {
    return await stages[name](asked, isAlone);
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error);
    console.error(sentence);
    return notRun(name, `could not be run: ${sentence.split('\n')[0]}`);
  }
}

function summarise(names: readonly string[], outcomes: readonly Outcome[]): void {
  const times = outcomes.flatMap((outcome) => outcome.times);
  remember(times);
  console.log(`\n${timeTable(times)}\n`);
  const slow = undeclared(times);
  if (slow.length > 0) console.log(`Declare slow, or make cheaper: ${slow.join(', ')}\n`);
  outcomes.forEach(({ passed, failed }, at) =>
    console.log(`${names[at]}: ${passed} passed, ${failed.length} failed`),
  );
  for (const title of outcomes.flatMap(({ unsteady }) => unsteady))
    console.log(`  passed at the second try only: ${title}`);
  const failures = outcomes.flatMap(({ failed }) => failed);
  for (const title of failures) console.log(`  failed: ${title}`);
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  console.log(`${passed} passed, ${failures.length} failed`);
  if (failures.length > 0) process.exitCode = 1;
}

await main(process.argv.slice(2));
