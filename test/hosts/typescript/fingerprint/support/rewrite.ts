import assert from 'node:assert/strict';
import ts from 'typescript';
import type { Files } from './session.js';

/** Which of several things an edit does, from a random source. */
type Choose = (below: number) => number;

/** A text to put in the place of another, by offsets. */
interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A literal that code of a node reaches, wherever it stands. */
interface Literal {
  readonly node: string;
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly other: string;
}

/** The TypeScript files of a project, read as TypeScript reads them. */
export class Rewriter {
  readonly #files: Files;
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;

  constructor(files: Files) {
    this.#files = files;
    const host = ts.createCompilerHost({});
    const read = (name: string): string | undefined => {
      const text = files[name.replace(/^\/project\//, '')];
      return typeof text === 'string' ? text : undefined;
    };
    this.#program = ts.createProgram(
      this.names.map((name) => `/project/${name}`),
      OPTIONS,
      {
        ...host,
        getCurrentDirectory: () => '/project',
        fileExists: (name) => read(name) !== undefined,
        directoryExists: () => true,
        readFile: read,
        getSourceFile: (name) => {
          const text = read(name);
          return text === undefined
            ? undefined
            : ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true);
        },
      },
    );
    this.#checker = this.#program.getTypeChecker();
  }

  get names(): string[] {
    return Object.keys(this.#files).filter((name) => name.endsWith('.ts'));
  }

  /** All files with other names of locals, another order of methods, other layout and other comments. */
  sameMeaning(choose: Choose): Files {
    return Object.fromEntries(
      this.names.map((name) => {
        const renamed = splice(this.#text(name), this.#renames(this.#source(name), choose));
        const reordered = splice(renamed, reorders(parse(name, renamed), choose));
        return [name, splice(reordered, trivia(parse(name, reordered), choose))];
      }),
    );
  }

  /** Literals that a node's computeFn reaches through the variables, functions and members it names. */
  literals(): Literal[] {
    const found: Literal[] = [];
    visitAll(this.#source('main.ts'), (node) => {
      if (!ts.isCallExpression(node) || node.expression.getText() !== 'add') return;
      const [name, fn] = node.arguments;
      if (name && fn && ts.isStringLiteral(name)) found.push(...this.#reached(name.text, fn));
    });
    return found;
  }

  /** The project with another literal in that place. */
  replaced({ file, start, end, other }: Literal): Files {
    return { [file]: splice(this.#text(file), [{ start, end, text: other }]) };
  }

  #reached(node: string, root: ts.Node): Literal[] {
    const found: Literal[] = [];
    const queue = [root];
    const seen = new Set<ts.Node>(queue);
    for (const part of queue) {
      visitAll(part, (each) => {
        const other = otherLiteral(each);
        const file = each.getSourceFile().fileName.replace('/project/', '');
        if (other !== null) found.push({ node, file, start: each.getStart(), end: each.end, other });
        const next = ts.isIdentifier(each) ? this.#meant(each) : null;
        if (next && !seen.has(next)) queue.push(next);
        if (next) seen.add(next);
      });
    }
    return found;
  }

  /** What a name stands for where that decides what the code does: an initial value, a function, a class, a member. */
  #meant(name: ts.Identifier): ts.Node | null {
    let symbol = this.#checker.getSymbolAtLocation(name);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = this.#checker.getAliasedSymbol(symbol);
    const declared = symbol?.valueDeclaration;
    if (!declared || ts.isParameter(declared)) return null;
    if (
      ts.isVariableDeclaration(declared) ||
      ts.isPropertyDeclaration(declared) ||
      ts.isEnumMember(declared)
    ) {
      const { initializer } = declared;
      // Nodes and streams count by themselves; so does a strategy as a whole.
      return initializer && !/^new (?:Node|StreamInput)\b/.test(initializer.getText()) ? initializer : null;
    }
    if (ts.isFunctionDeclaration(declared) || ts.isMethodDeclaration(declared) || ts.isGetAccessor(declared))
      return declared;
    return ts.isClassDeclaration(declared) && !/\bsetup\(\)/.test(declared.getText()) ? declared : null;
  }

  /** Other names for some of the variables and parameters of functions and of the module. */
  #renames(source: ts.SourceFile, choose: Choose): Splice[] {
    const uses = new Map<ts.Symbol, ts.Identifier[]>();
    visitAll(source, (node) => {
      if (!ts.isIdentifier(node)) return;
      const symbol = ts.isShorthandPropertyAssignment(node.parent)
        ? this.#checker.getShorthandAssignmentValueSymbol(node.parent)
        : this.#checker.getSymbolAtLocation(node);
      if (symbol && isLocal(symbol, source)) uses.set(symbol, [...(uses.get(symbol) ?? []), node]);
    });
    return [...uses.values()].flatMap((places, index) => {
      if (choose(3) === 0) return [];
      const name = `renamed${index}_${choose(1000)}`;
      return places.map((place) => ({
        start: place.getStart(),
        end: place.end,
        text: renamedUse(place, name),
      }));
    });
  }

  #source(name: string): ts.SourceFile {
    return this.#program.getSourceFile(`/project/${name}`) ?? assert.fail(`${name} is not there.`);
  }

  #text(name: string): string {
    const text = this.#files[name];
    assert.ok(typeof text === 'string');
    return text;
  }
}

const OPTIONS: ts.CompilerOptions = {
  noLib: true,
  noResolve: false,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
};

function parse(name: string, text: string): ts.SourceFile {
  return ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true);
}

function visitAll(node: ts.Node, visit: (node: ts.Node) => void): void {
  if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
  visit(node);
  ts.forEachChild(node, (child) => visitAll(child, visit));
}

function splice(text: string, splices: readonly Splice[]): string {
  let result = text;
  for (const { start, end, text: put } of [...splices].sort((a, b) => b.start - a.start))
    result = result.slice(0, start) + put + result.slice(end);
  return result;
}

function otherLiteral(node: ts.Node): string | null {
  if (ts.isNumericLiteral(node)) return String(Number(node.getText().replaceAll('_', '')) + 1);
  const named =
    ts.isStringLiteral(node) && !ts.isImportDeclaration(node.parent) && !ts.isExportDeclaration(node.parent);
  return named ? JSON.stringify(`${node.text}?`) : null;
}

/** What gives a function or a class its name. */
function names({ initializer }: { readonly initializer?: ts.Expression | undefined }): boolean {
  return (
    initializer !== undefined &&
    (ts.isArrowFunction(initializer) ||
      ts.isFunctionExpression(initializer) ||
      ts.isClassExpression(initializer))
  );
}

/** A variable or parameter that no other file knows, that is no property as well, and no function's name. */
function isLocal({ valueDeclaration }: ts.Symbol, source: ts.SourceFile): boolean {
  if (!valueDeclaration || valueDeclaration.getSourceFile() !== source) return false;
  if (ts.isParameter(valueDeclaration))
    return (
      ts.isIdentifier(valueDeclaration.name) &&
      valueDeclaration.name.text !== 'this' &&
      !valueDeclaration.modifiers?.length
    );
  if (ts.isBindingElement(valueDeclaration)) return !valueDeclaration.dotDotDotToken;
  const isExported = (ts.getCombinedModifierFlags(valueDeclaration) & ts.ModifierFlags.Export) !== 0;
  return ts.isVariableDeclaration(valueDeclaration) && !names(valueDeclaration) && !isExported;
}

function renamedUse(place: ts.Identifier, name: string): string {
  const { parent } = place;
  const short =
    ts.isShorthandPropertyAssignment(parent) ||
    (ts.isBindingElement(parent) &&
      ts.isObjectBindingPattern(parent.parent) &&
      !parent.propertyName &&
      parent.name === place);
  return short ? `${place.text}: ${name}` : name;
}

/** Methods of classes in another order among the places of methods. */
function reorders(source: ts.SourceFile, choose: Choose): Splice[] {
  const splices: Splice[] = [];
  visitAll(source, (node) => {
    if (!ts.isClassLike(node)) return;
    const methods = node.members.filter(
      (member) => ts.isMethodDeclaration(member) && member.body !== undefined,
    );
    // A class within a method moves with it.
    if (methods.some((method) => /\bclass\b/.test(method.getText()))) return;
    const left = [...methods];
    for (const method of methods) {
      const [moved] = left.splice(choose(left.length), 1);
      if (moved) splices.push({ start: method.getStart(), end: method.end, text: moved.getText() });
    }
  });
  return splices;
}

/** Spaces and comments between tokens, and line breaks where there are some. */
function trivia(source: ts.SourceFile, choose: Choose): Splice[] {
  const splices: Splice[] = [];
  const visit = (node: ts.Node): void => {
    const children = node.getChildren(source);
    if (children.length > 0) return children.forEach(visit);
    const start = node.getStart(source);
    if (start === node.end || choose(4) > 0) return;
    const broken = source.text.slice(node.pos, start).includes('\n');
    const many = ['  ', '/* why */', ' /* { [ ( */ ', '/** `${x}` */'];
    const text = many[choose(many.length)] ?? '';
    splices.push({ start, end: start, text: broken ? `\n// it's "so"\n\t${text}\n` : text });
  };
  visit(source);
  return splices;
}
