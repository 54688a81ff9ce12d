// Slow (10 s): packages.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { bundlePath, bundleText, localizedSources } from '../../scripts/packaging/l10n.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');
const difference = (from: Iterable<string>, without: ReadonlySet<string>): string[] =>
  [...from].filter((key) => !without.has(key));

describe('texts of the manifest', () => {
  it('are all in package.nls.json, which holds nothing else', async () => {
    const manifest = await read('package.json');
    const used = new Set([...manifest.matchAll(/"%([^%"]+)%"/g)].map(([, key = '']) => key));
    const texts = JSON.parse(await read('package.nls.json')) as Record<string, string>;
    const known = new Set(Object.keys(texts));
    assert.ok(used.size > 0);
    assert.deepEqual(difference(used, known), [], 'used, and without a text');
    assert.deepEqual(difference(known, used), [], 'in package.nls.json, and used nowhere');
    assert.deepEqual(
      Object.entries(texts).filter(([, text]) => text.trim() === ''),
      [],
    );
  });

  it('are never written into package.json itself', async () => {
    const { contributes } = JSON.parse(await read('package.json')) as { contributes: unknown };
    assert.deepEqual(plainTexts(contributes), ['contributes.configuration.title: Seamless']);
  });

  it('name commands that exist', async () => {
    const { contributes } = JSON.parse(await read('package.json')) as {
      contributes: { commands: { command: string }[]; views: Record<string, { id: string }[]> };
    };
    const views = Object.values(contributes.views).flat();
    const known = new Set([
      ...contributes.commands.map(({ command }) => command),
      ...views.map(({ id }) => `${id}.focus`),
    ]);
    const linked = [...(await read('package.nls.json')).matchAll(/command:(seamless\.[\w.]+)/g)];
    assert.ok(linked.length > 0);
    assert.deepEqual(
      difference(
        linked.map(([, command = '']) => command),
        known,
      ),
      [],
    );
  });
});

describe('texts of the code', () => {
  it('are gathered in the bundle as they are now', async () => {
    assert.equal(await read(bundlePath), await bundleText(root), 'It is out of date: run npm run l10n.');
  });

  it('are found by the gatherer wherever they are, with a value for each of their places', async () => {
    const bundle = new Set(Object.keys(JSON.parse(await read(bundlePath)) as object));
    const calls = [...(await localizedSources(root))].flatMap(([path, text]) => localizedCalls(path, text));
    assert.ok(calls.length > 0);
    assert.deepEqual(
      calls.filter(({ text }) => text === undefined).map(({ at }) => at),
      [],
      'a text put together at run time cannot be translated',
    );
    const texts = new Set(calls.flatMap(({ text }) => text ?? []));
    assert.deepEqual(difference(texts, bundle), []);
    assert.deepEqual(difference(bundle, texts), []);
    assert.deepEqual(
      calls
        .filter(({ text = '', values }) => places(text) !== values)
        .map(({ at, text }) => `${at}: ${text}`),
      [],
    );
  });

  it('are localized wherever the editor shows one', async () => {
    const found = [...(await localizedSources(root))].flatMap(([path, text]) => bareTexts(path, text));
    assert.deepEqual(found, []);
  });

  it('bare ones are seen by that check', () => {
    const source = [
      "vscode.window.showErrorMessage('It failed.');",
      "const pick = { title: `Run ${name}`, label: '$(sync~spin)', tooltip: `${a} · ${b}` };",
      "item.tooltip = 'Click';",
    ].join('\n');
    assert.deepEqual(bareTexts('a.ts', source), ['a.ts:1: It failed.', 'a.ts:2: Run ', 'a.ts:3: Click']);
  });
});

/** Properties of contributions that a person reads, where they are not `%keys%`. */
function plainTexts(value: unknown, path = 'contributes', name = ''): string[] {
  if (typeof value === 'string') {
    const shown = /^(?:title|name|description|markdownDescription|contents|label)$/.test(name);
    const exempt = /^%[^%]+%$/.test(value) || path.includes('viewsContainers');
    return shown && !exempt ? [`${path}: ${value}`] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => plainTexts(each, `${path}.${key}`, key));
}

interface LocalizedCall {
  readonly at: string;
  /** Undefined when it is no literal. */
  readonly text: string | undefined;
  readonly values: number;
}

function localizedCalls(path: string, text: string): LocalizedCall[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return nodesOf(file)
    .filter((node) => ts.isCallExpression(node))
    .filter(({ expression }) => /(?:^|\.)l10n\.t$/.test(expression.getText(file)))
    .map(({ arguments: [first, ...values], pos }) => ({
      at: placeOf(file, path, pos),
      text: first !== undefined && ts.isStringLiteralLike(first) ? first.text : undefined,
      values: values.length,
    }));
}

/** How many values a text asks for: `{0}` and `{1}` are two. */
function places(text: string): number {
  return new Set(text.match(/\{\d+\}/g)).size;
}

const shownProperties =
  /^(?:title|placeHolder|placeholder|prompt|detail|description|label|tooltip|openLabel|saveLabel|text)$/;

/** Literals with words in them, where VS Code shows what they say. */
function bareTexts(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const shown = nodesOf(file).flatMap((node): ts.Node[] => {
    if (ts.isPropertyAssignment(node) && shownProperties.test(node.name.getText(file)))
      return [node.initializer];
    if (ts.isCallExpression(node) && /\.show\w+Message$/.test(node.expression.getText(file)))
      return [...node.arguments];
    const assigned = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
    return assigned && ts.isPropertyAccessExpression(node.left) && shownProperties.test(node.left.name.text)
      ? [node.right]
      : [];
  });
  return shown.flatMap((node) =>
    literalsOf(node)
      .map((literal) => literal.replace(/\$\([\w~-]+\)/g, ''))
      // A class name is one in every language.
      .filter((literal) => /\p{L}{2}/u.test(literal) && !/^(?:\p{Lu}\p{Ll}+){2,}$/u.test(literal))
      .map((literal) => `${placeOf(file, path, node.getStart(file))}: ${literal}`),
  );
}

/** The literals an expression may become, without what is handed to calls inside it. */
function literalsOf(node: ts.Node): string[] {
  if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
    return [node.text];
  const inner = ts.isTemplateExpression(node) || ts.isTemplateSpan(node) || ts.isBinaryExpression(node);
  if (ts.isConditionalExpression(node)) return [...literalsOf(node.whenTrue), ...literalsOf(node.whenFalse)];
  return inner || ts.isParenthesizedExpression(node) ? childrenOf(node).flatMap(literalsOf) : [];
}

function nodesOf(node: ts.Node): ts.Node[] {
  return [node, ...childrenOf(node).flatMap(nodesOf)];
}

function childrenOf(node: ts.Node): ts.Node[] {
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  return children;
}

function placeOf(file: ts.SourceFile, path: string, position: number): string {
  return `${path}:${file.getLineAndCharacterOfPosition(position).line + 1}`;
}
