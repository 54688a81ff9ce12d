import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import { repository } from './fixture.js';

/** What the extension host must never load, by the names of packages. */
const heavy = /^(?:@duckdb\/|@babel\/|@esbuild\/|duckdb|esbuild$|typescript)/;

/** Node's modules that reach other machines. */
const network = /^(?:node:)?(?:https?|http2|net|tls|dgram|dns|inspector)(?:\/|$)/;

/** Globals that do. */
const senders = new Set(['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'createTelemetryLogger']);

/** Bytes: parsing is what an editor pays at start. */
const most = 400_000;

describe('the bundle of the extension host', () => {
  let text: string;
  let nodes: ts.Node[];

  before(async () => {
    text = await readFile(join(repository, 'dist/extension.cjs'), 'utf8');
    nodes = nodesOf(
      ts.createSourceFile('extension.cjs', text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS),
    );
  });

  it('is small', () => {
    const bytes = Buffer.byteLength(text);
    console.log(`      dist/extension.cjs: ${Math.round(bytes / 1000)} kB`);
    assert.ok(bytes < most, `${bytes} bytes`);
  });

  it('holds neither DuckDB, esbuild, a parser nor the TypeScript compiler', () => {
    const bundled = [...text.matchAll(/^\s*\/\/ node_modules\/((?:@[^/\s]+\/)?[^/\s]+)/gm)];
    const packages = new Set(bundled.map(([, name = '']) => name));
    assert.ok(packages.has('p-queue'), 'esbuild no longer names what it bundled');
    assert.deepEqual(
      [...packages].filter((name) => heavy.test(name)),
      [],
    );
  });

  it('loads what checks settings later, which loads nothing but what Node has', async () => {
    const later = await readFile(join(repository, 'dist/settings-checks.cjs'), 'utf8');
    const source = ts.createSourceFile('later.cjs', later, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
    const loaded = nodesOf(source).flatMap((node) => loadedBy(node) ?? []);
    assert.deepEqual(
      loaded.filter((name) => !isBuiltin(name) || network.test(name)),
      [],
    );
  });

  it('loads nothing but VS Code and what Node has, and nothing of that reaches other machines', () => {
    const loaded = nodes.flatMap((node) => loadedBy(node) ?? []);
    assert.ok(loaded.includes('vscode'));
    assert.deepEqual(
      loaded.filter((name) => name !== 'vscode' && !isBuiltin(name)),
      ['./settings-checks.cjs'],
    );
    assert.deepEqual(
      loaded.filter((name) => network.test(name)),
      [],
    );
  });

  it('sends nothing: the one fetch is of a library, for addresses it is never given', () => {
    const users = nodes
      .filter((node): node is ts.Identifier => ts.isIdentifier(node) && senders.has(node.text))
      // A request of the protocol is called fetch, too.
      .filter((node) => !(ts.isPropertyAssignment(node.parent) && node.parent.name === node))
      .map((node) => `${node.text} in ${functionAround(node)}`);
    assert.deepEqual(users, ['fetch in readFileFromUri']);
    const configured = nodes
      .filter((node) => ts.isCallExpression(node))
      .filter(({ expression }) => /\bl10n\w*\.config$/.test(expression.getText()))
      .map(({ arguments: [first] }) => first?.getText());
    assert.deepEqual(configured, ['{ contents: vscode_exports.l10n.bundle }']);
  });
});

/** The module a call loads; `?` where it is known at run time only. */
function loadedBy(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const { expression } = node;
  const loads =
    expression.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(expression) && expression.text === 'require');
  if (!loads) return undefined;
  const [first] = node.arguments;
  return first !== undefined && ts.isStringLiteralLike(first) ? first.text : '?';
}

function functionAround(node: ts.Node): string {
  for (let at = node.parent; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isFunctionDeclaration(at)) return at.name?.text ?? 'a function';
  }
  return 'the module';
}

function nodesOf(node: ts.Node): ts.Node[] {
  const nodes = [node];
  for (let at = 0; at < nodes.length; at++) {
    const each = nodes[at];
    if (each !== undefined) ts.forEachChild(each, (child) => void nodes.push(child));
  }
  return nodes;
}
