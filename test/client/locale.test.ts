import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import { childEnvironment } from '../../src/client/fork.js';

const TOLD = `process.stdout.write([
  Intl.DateTimeFormat().resolvedOptions().locale,
  (1234.5).toLocaleString(),
  ['ä', 'z', 'a'].sort((a, b) => a.localeCompare(b)).join(''),
  new Date(0).toLocaleString(),
].join('|'))`;

describe('the locale of a child', () => {
  const told = (environment: NodeJS.ProcessEnv): string =>
    execFileSync(process.execPath, ['-e', TOLD], { env: environment, encoding: 'utf8' });

  for (const caller of ['de_DE.UTF-8', 'sv_SE.UTF-8', 'C']) {
    it(`is the same for a caller of ${caller}`, () => {
      const environment = { ...process.env, TZ: 'Asia/Tokyo', LC_ALL: caller, LANG: caller, LC_TIME: caller };
      const plain = childEnvironment({ PATH: process.env['PATH'] });
      assert.equal(told(childEnvironment(environment)), told(plain));
      assert.match(told(childEnvironment(environment)), /^en-US\|1,234\.5\|aäz\|1\/1\/1970/);
    });
  }
});
