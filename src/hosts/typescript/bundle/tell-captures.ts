import { decode, encode } from '@jridgewell/sourcemap-codec';
import { parse } from 'acorn';
import { analyze, type Scope, type ScopeManager, type Variable } from 'eslint-scope';
import type { Node as EstreeNode, Program } from 'estree';
import { child, isSyntax, staticName, type Syntax } from '../fingerprint/text/syntax.js';
import { TOLD, TOLD_PRELUDE } from '../fingerprint/told.js';

/** More text than this takes longer to rewrite than the inspector would take for all of its functions. */
const LONGEST = 4_000_000;

const MAP = /\n\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/;

/** Text put into a bundle, at an offset of the bundle as it was. */
interface Insertion {
  readonly at: number;
  readonly text: string;
  /** Of two at one place, the lesser comes first. */
  readonly order: number;
}

/**
 * Rewrites a bundle so that functions tell what they captured as they are made (`ToldCaptures`): V8's inspector, which can read it
 * from outside, takes a question for each of them. What functions do, their names and the lines they are on stay as they are; the
 * source map is moved along. Without a change to say so, the bundle itself comes back: one that is not understood is read by the inspector.
 */
export function tellCaptures(bundle: string): string {
  const end = bundle.lastIndexOf('\n//# sourceMappingURL=');
  const code = end < 0 ? bundle : bundle.slice(0, end);
  const encoded = end < 0 ? undefined : MAP.exec(bundle.slice(end))?.[1];
  if (encoded === undefined || code.length > LONGEST || code.includes(TOLD)) return bundle;
  const found = understand(code);
  if (!found) return bundle;
  const insertions = new Rewriter(code, found.scopes).run(found.program);
  return `${TOLD_PRELUDE}${insert(code, insertions)}\n//# sourceMappingURL=data:application/json;base64,${moved(encoded, code, insertions)}\n`;
}

function understand(code: string): { readonly program: Syntax; readonly scopes: ScopeManager } | null {
  try {
    const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module', ranges: true });
    const scopes = analyze(program as Program, { ecmaVersion: 2022, sourceType: 'module' });
    const module = scopes.acquire(program as Program, true);
    // The first line uses these as they are everywhere else.
    const shadowed = ['globalThis', 'Symbol'].some((name) => module?.set.has(name));
    return shadowed ? null : { program: program as unknown as Syntax, scopes };
  } catch (error) {
    // What esbuild writes and V8 takes, acorn may not know yet; and a tree may be deeper than the stack.
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}

/** Finds the functions of a bundle, and what to write around them. */
class Rewriter {
  readonly #code: string;
  readonly #scopes: ScopeManager;
  readonly #insertions: Insertion[] = [];
  /** Objects that a call in their place would take the `new` away from: `new { … }.made()`. */
  readonly #called = new Set<Syntax>();
  #sites = 0;

  constructor(code: string, scopes: ScopeManager) {
    this.#code = code;
    this.#scopes = scopes;
  }

  run(program: Syntax): readonly Insertion[] {
    const stack = [program];
    for (let node = stack.pop(); node; node = stack.pop()) {
      this.#look(node);
      for (const value of Object.values(node)) {
        for (const each of Array.isArray(value) ? (value as unknown[]) : [value])
          if (isSyntax(each)) stack.push(each);
      }
    }
    return this.#insertions.toSorted((a, b) => a.at - b.at || a.order - b.order);
  }

  #look(node: Syntax): void {
    switch (node.type) {
      case 'NewExpression':
        this.#called.add(startOf(child(node, 'callee') as Syntax));
        return this.#arguments(node);
      case 'CallExpression':
        return this.#arguments(node);
      case 'ReturnStatement':
        this.#wrap(child(node, 'argument'));
        break;
      case 'ArrowFunctionExpression':
        this.#wrap(child(node, 'body'));
        break;
      case 'ObjectExpression':
        this.#members(node);
        break;
      case 'Program':
      case 'BlockStatement':
        for (const statement of node['body'] as readonly Syntax[]) this.#declared(statement);
        break;
    }
  }

  #arguments(node: Syntax): void {
    for (const argument of node['arguments'] as readonly Syntax[]) this.#wrap(argument);
  }

  /** A function where it gets no name from what is around it. */
  #wrap(node: Syntax | null): void {
    const accessor = node && this.#accessorOf(node);
    if (!node || accessor === null) return;
    this.#around(node, `${TOLD}.fn(`, `, ${TOLD}.on && ${accessor}, ${this.#sites++})`);
  }

  /** What is found first is further out, and so goes around what else starts or ends there. */
  #around(node: Syntax, before: string, after: string): void {
    const order = this.#insertions.length;
    this.#insertions.push(
      { at: node.start, text: before, order },
      { at: node.end, text: after, order: -order },
    );
  }

  /** Functions that an object is written with, which have their names from its properties. */
  #members(node: Syntax): void {
    if (this.#called.has(node)) return;
    const properties = node['properties'] as readonly Syntax[];
    const accessors: string[] = [];
    const names = new Set<string>();
    // From the last on: a later property of the same name, or a spread object with one, would take the place of an earlier one.
    for (const property of properties.toReversed()) {
      const name = property.type === 'Property' ? staticName(property) : null;
      if (name === null) break;
      const value = child(property, 'value');
      const accessor = property['kind'] === 'init' && !names.has(name) && value && this.#accessorOf(value);
      names.add(name);
      if (accessor && name !== '__proto__')
        accessors.push(`${JSON.stringify(name)}: [${accessor}, ${this.#sites++}]`);
    }
    if (accessors.length === 0) return;
    this.#around(node, `${TOLD}.members(`, `, ${TOLD}.on && { ${accessors.join(', ')} })`);
  }

  /** Functions that a variable holds from its declaration on, and no other value ever. */
  #declared(statement: Syntax): void {
    const told =
      statement.type === 'FunctionDeclaration'
        ? [this.#toldOf(statement, 0)]
        : statement.type === 'VariableDeclaration' && this.#code[statement.end - 1] === ';'
          ? (statement['declarations'] as readonly Syntax[]).map((each) =>
              this.#toldOf(each, 1, child(each, 'init')),
            )
          : [];
    const text = told.join('');
    if (text) this.#insertions.push({ at: statement.end, text, order: 0 });
  }

  #toldOf(declaration: Syntax, writes: number, fn: Syntax | null = declaration): string {
    const id = child(declaration, 'id');
    const accessor = fn && this.#accessorOf(fn);
    if (id?.type !== 'Identifier' || !accessor) return '';
    const variable = this.#scopes
      .getDeclaredVariables(declaration as unknown as EstreeNode)
      .find(({ identifiers }) => (identifiers[0] as unknown) === id);
    if (variable?.defs.length !== 1 || writesOf(variable) !== writes) return '';
    return ` ${TOLD}.on && ${TOLD}.fn(${variable.name}, ${accessor}, ${this.#sites++});`;
  }

  /** Code of a function that gives the variables that another names of the scopes around it; null for what is no such function. */
  #accessorOf(node: Syntax): string | null {
    if (!/^(?:Arrow)?Function(?:Expression|Declaration)$/.test(node.type)) return null;
    // A function expression's own name is a scope of its own, which nothing outside can read.
    if (node.type === 'FunctionExpression' && node['id']) return null;
    const scope = this.#scopes.acquire(node as unknown as EstreeNode);
    const names = scope && outerNames(scope);
    if (!names) return null;
    return names.length === 0 ? `${TOLD}.nothing` : `(() => ({ ${names.join(', ')} }))`;
  }
}

/** What `a.b[c].d` starts with. */
function startOf(node: Syntax): Syntax {
  const object = node.type === 'MemberExpression' ? child(node, 'object') : null;
  return object ? startOf(object) : node;
}

function writesOf({ references }: Variable): number {
  return references.filter((reference) => reference.isWrite()).length;
}

/** Variables of the bundle that a function names and does not declare; null where one cannot be named beside it. */
function outerNames({ through }: Scope): string[] | null {
  const names = new Set<string>();
  for (const { identifier, resolved } of through) {
    // It would be the accessor's own. In a default of a parameter nothing says whose it is.
    if (identifier.name === 'arguments') return null;
    if (resolved && resolved.scope.type !== 'global') names.add(resolved.name);
  }
  return [...names];
}

function insert(code: string, insertions: readonly Insertion[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const { at, text } of insertions) {
    parts.push(code.slice(from, at), text);
    from = at;
  }
  parts.push(code.slice(from));
  return parts.join('');
}

/** The source map of a bundle, in base64 as it was, after insertions that have no line breaks, and a line in front. */
function moved(encoded: string, code: string, insertions: readonly Insertion[]): string {
  const map = JSON.parse(Buffer.from(encoded, 'base64').toString()) as { mappings: string };
  const lines = decode(map.mappings);
  let [line, start, next] = [0, 0, 0];
  for (; line < lines.length; line++) {
    const end = code.indexOf('\n', start);
    const stop = end < 0 ? code.length : end;
    let shift = 0;
    for (const segment of lines[line] ?? []) {
      for (
        let insertion = insertions[next];
        insertion && insertion.at <= start + segment[0];
        insertion = insertions[++next]
      )
        shift += insertion.text.length;
      segment[0] += shift;
    }
    while ((insertions[next]?.at ?? Infinity) <= stop) next++;
    start = stop + 1;
  }
  map.mappings = `;${encode(lines)}`;
  return Buffer.from(JSON.stringify(map)).toString('base64');
}
