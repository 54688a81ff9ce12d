import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';

const FILES = 10_000;

/** A block that a person would notice, in units of work: `unitOfWork` takes 25 to 50 ms on a machine of today. */
const LONGEST_BLOCK = 3;

/** A machine at other work holds everybody up: of several tries the calmest counts. */
const TRIES = 3;

/** Written by another process, for here nothing may be held up but by the extension. */
const WRITER = `
const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const [folder, count] = process.argv.slice(1);
for (let i = 0; i < Number(count); i++) {
  const inner = join(folder, 'd' + Math.floor(i / 100));
  if (i % 100 === 0) mkdirSync(inner, { recursive: true });
  const strategy = i % 50 === 0;
  const text = strategy
    ? "import { Strategy } from 'seamless-dag';\\nexport class S" + i + " extends Strategy {\\n  setup() {}\\n}\\n"
    : 'export class C' + i + ' extends Object {\\n  value = ' + i + ';\\n}\\n';
  writeFileSync(join(inner, 'f' + i + '.ts'), text);
}
`;

async function lensTitles(uri: vscode.Uri): Promise<string[]> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    'vscode.executeCodeLensProvider',
    uri,
    10,
  );
  return lenses.map(({ command }) => command?.title ?? '');
}

/** Milliseconds this thread has computed; of the clock, where Node cannot tell. */
function computed(): number {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage };
  if (!threadCpuUsage) return performance.now();
  const { user, system } = threadCpuUsage.call(process);
  return (user + system) / 1000;
}

/** What this thread needs for a fixed piece of work, in the time of `computed`: the least of a few. */
function unitOfWork(): number {
  const took = Array.from({ length: 5 }, () => {
    const values = Array.from({ length: 100_000 }, (_, index) => Math.sin(index));
    const began = computed();
    values.sort((a, b) => a - b);
    return computed() - began;
  });
  return Math.min(...took);
}

/**
 * Lays out the files while this process's turns are watched; resolves with the longest that one computed. What the clock
 * says would count as well that the machine was at other work.
 */
async function longestBlock(folder: string): Promise<number> {
  let longest = 0;
  let last = computed();
  const watch = setInterval(() => {
    const now = computed();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  try {
    await promisify(execFile)(process.execPath, ['-e', WRITER, folder, String(FILES)], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    });
    const lastStrategy = vscode.Uri.file(join(folder, `d${FILES / 100 - 1}`, `f${FILES - 50}.ts`));
    await vscode.workspace.openTextDocument(lastStrategy);
    while (!(await lensTitles(lastStrategy)).some((title) => title.includes('Materialize range'))) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    clearInterval(watch);
  }
  return longest;
}

describe('a folder with 10 000 files', () => {
  it('is indexed without holding up the extension host', async function () {
    const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    assert.ok(root);
    const blocks: number[] = [];
    const most = LONGEST_BLOCK * unitOfWork();
    for (let attempt = 0; attempt < TRIES && !blocks.some((block) => block < most); attempt++) {
      blocks.push(await longestBlock(join(root, `many${attempt}`)));
    }
    console.log(
      `longest blocks of the extension host: ${blocks.map((block) => `${Math.round(block)} ms`).join(', ')} of ${Math.round(most)} ms`,
    );
    assert.ok(
      Math.min(...blocks) < most,
      `The extension host was held up: ${blocks.join(', ')} ms, where ${most} ms are allowed.`,
    );
  });
});
