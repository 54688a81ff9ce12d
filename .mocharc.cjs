// Everything but what needs data beside the project (npm run test:data). The suites of test/vscode/host run inside the
// editor, started by test/vscode/workbench; that editor runs on Linux, elsewhere there is npm run test:desktop.
const ignore = ['test/data/**', 'test/vscode/host/**', 'test/vscode/tools/**'];
if (process.platform !== 'linux') {
  ignore.push('test/vscode/**');
  console.error(
    'The suites in a real VS Code run on Linux here. On this system run as well: npm run test:desktop',
  );
}

module.exports = { 'node-option': ['import=tsx'], spec: ['test/**/*.test.ts'], ignore, timeout: 60_000 };
