import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from './fixture.js';

const read = (path: string): Promise<string> => readFile(join(repository, path), 'utf8');

async function scriptNames(): Promise<Set<string>> {
  const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
  return new Set(Object.keys(scripts));
}

describe('what starts scripts from outside', () => {
  it('workflows call scripts that exist, and workflows that do', async () => {
    const scripts = await scriptNames();
    const files = await readdir(join(repository, '.github/workflows'));
    assert.deepEqual(files.sort(), ['ci.yml', 'release.yml']);
    for (const file of files) {
      const text = await read(`.github/workflows/${file}`);
      const called = [...text.matchAll(/npm (?:run )?(?!ci\b)([\w:]+)/g)].map(([, name = '']) => name);
      assert.deepEqual(
        called.filter((name) => name !== 'npm' && !scripts.has(name)),
        [],
        file,
      );
      for (const [, used = ''] of text.matchAll(/uses: \.\/\.github\/workflows\/(\S+)/g))
        assert.ok(files.includes(used), used);
    }
  });

  it('F5 builds and opens the sample', async () => {
    const { configurations } = JSON.parse(await read('.vscode/launch.json')) as {
      configurations: { type: string; preLaunchTask: string; args: string[] }[];
    };
    const { tasks } = JSON.parse(await read('.vscode/tasks.json')) as {
      tasks: { type: string; script: string; label: string }[];
    };
    const [first] = configurations;
    assert.equal(first?.type, 'extensionHost');
    assert.deepEqual(first.args, [
      '--extensionDevelopmentPath=${workspaceFolder}',
      '${workspaceFolder}/media/sample',
    ]);
    const task = tasks.find(({ label }) => label === first.preLaunchTask);
    assert.equal(task?.type, 'npm');
    assert.ok((await scriptNames()).has(task.script));
    await readdir(join(repository, 'media/sample/strategies'));
  });
});
