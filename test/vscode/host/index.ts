// Loaded inside the extension host, by VS Code on the desktop and by the editor of the tests alike.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gather, addResults } from '../../../scripts/testing/results.js';
import { SUITES_BEGIN } from './begin.js';

/**
 * Runs the suites bundled beside this file, and writes their results into the file that SEAMLESS_HOST_RESULTS names, if it
 * does. Its rejection is what VS Code exits with.
 */
export async function run(): Promise<void> {
  const { default: Mocha } = await import('mocha');
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 900_000,
    color: false,
    reporter: 'spec',
    forbidPending: true,
  });
  for (const file of readdirSync(__dirname)) {
    if (file.endsWith('.test.cjs')) mocha.addFile(join(__dirname, file));
  }
  console.log(SUITES_BEGIN);
  await new Promise<void>((resolve, reject) => {
    const runner = mocha.run((failures) => {
      const ran = runner.stats?.tests ?? 0;
      const file = process.env['SEAMLESS_HOST_RESULTS'];
      if (file !== undefined) addResults(file, results);
      if (failures > 0) reject(new Error(`${failures} of ${ran} tests failed.`));
      else if (ran === 0) reject(new Error('There was no test to run.'));
      else resolve();
    });
    const results = gather(runner);
  });
}
