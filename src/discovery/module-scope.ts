import { parse, type ParserPlugin } from '@babel/parser';
import type {
  Class,
  ExportNamedDeclaration,
  Expression,
  File,
  ImportDeclaration,
  LVal,
  Statement,
  TSEntityName,
  VariableDeclarator,
} from '@babel/types';

import { isExpression, keyOf, memberName, trim } from './expressions.js';

/** What a name refers to, as far as base classes need it. */
export type Reference =
  | { readonly kind: 'expression'; readonly expression: Expression | Class }
  /** An export of another module; `*` is all of them. */
  | { readonly kind: 'import'; readonly from: string; readonly name: string }
  | { readonly kind: 'member'; readonly object: Reference; readonly name: string };

/** A class at the top level of a module. */
export interface TopLevelClass {
  readonly node: Class;
  /** Its own name or that of its constant; null for `export default class`. */
  readonly name: string | null;
}

/** A module's top level: names, classes and exports. Nothing is run. */
export interface ModuleScope {
  readonly file: string;
  readonly names: ReadonlyMap<string, Reference>;
  readonly classes: readonly TopLevelClass[];
  readonly exports: ReadonlyMap<string, Reference>;
  /** Modules that are re-exported completely. */
  readonly stars: readonly string[];
  /** What `module.exports` or `export =` is set to. */
  readonly whole: Reference | null;
}

/** Reads a module's top level; null when the text does not parse. */
export function readModule(file: string, text: string): ModuleScope | null {
  const tree = parseText(file, text);
  if (!tree) return null;
  const builder = new ScopeBuilder();
  for (const statement of tree.program.body) builder.add(statement);
  const { names, classes, exports, stars, whole } = builder;
  return { file, names, classes, exports, stars, whole };
}

/** Parses a script by its extension, optionally into an ESTree with TypeScript's additions; null when that fails. */
export function parseText(file: string, text: string, form: 'babel' | 'estree' = 'babel'): File | null {
  const plugins: ParserPlugin[] = ['typescript', 'decorators-legacy'];
  if (form === 'estree') plugins.push(['estree', { classFeatures: true }]);
  // `<T>value` is a cast in TypeScript, but would open an element in JSX.
  if (!/\.[cm]?ts$/.test(file)) plugins.push('jsx');
  try {
    return parse(text, {
      sourceType: 'unambiguous',
      plugins,
      errorRecovery: true,
      allowReturnOutsideFunction: true,
      attachComment: false,
      ranges: form === 'estree',
    });
  } catch {
    return null;
  }
}

class ScopeBuilder {
  readonly names = new Map<string, Reference>();
  readonly classes: TopLevelClass[] = [];
  readonly exports = new Map<string, Reference>();
  readonly stars: string[] = [];
  whole: Reference | null = null;

  add(statement: Statement): void {
    switch (statement.type) {
      case 'ImportDeclaration':
        this.#import(statement);
        break;
      case 'TSImportEqualsDeclaration':
        this.names.set(
          statement.id.name,
          statement.moduleReference.type === 'TSExternalModuleReference'
            ? { kind: 'import', from: statement.moduleReference.expression.value, name: '*' }
            : entity(statement.moduleReference),
        );
        break;
      case 'ExportNamedDeclaration':
        this.#export(statement);
        break;
      case 'ExportDefaultDeclaration':
        if (statement.declaration.type === 'ClassDeclaration') this.#class(statement.declaration);
        if (isExpression(statement.declaration)) this.#value('default', statement.declaration, this.exports);
        break;
      case 'ExportAllDeclaration':
        this.stars.push(statement.source.value);
        break;
      case 'TSExportAssignment':
        this.whole = this.#expression(statement.expression);
        break;
      case 'ClassDeclaration':
        this.#class(statement);
        break;
      case 'VariableDeclaration':
        for (const declarator of statement.declarations) this.#declare(declarator);
        break;
      case 'ExpressionStatement':
        if (statement.expression.type === 'AssignmentExpression') {
          this.#assign(statement.expression.left, statement.expression.right);
        }
        break;
      default:
    }
  }

  #import({ specifiers, source, importKind }: ImportDeclaration): void {
    if (importKind === 'type') return;
    for (const specifier of specifiers) {
      let name = 'default';
      if (specifier.type === 'ImportNamespaceSpecifier') name = '*';
      if (specifier.type === 'ImportSpecifier') name = nameOf(specifier.imported);
      this.names.set(specifier.local.name, { kind: 'import', from: source.value, name });
    }
  }

  #export({ declaration, specifiers, source }: ExportNamedDeclaration): void {
    if (declaration) {
      const before = new Set(this.names.keys());
      this.add(declaration);
      for (const [name, reference] of this.names) if (!before.has(name)) this.exports.set(name, reference);
    }
    for (const specifier of specifiers) {
      const exported = nameOf(specifier.exported);
      if (specifier.type === 'ExportSpecifier') {
        const { name } = specifier.local;
        this.exports.set(
          exported,
          source
            ? { kind: 'import', from: source.value, name }
            : { kind: 'expression', expression: specifier.local },
        );
      } else if (source) {
        const name = specifier.type === 'ExportNamespaceSpecifier' ? '*' : 'default';
        this.exports.set(exported, { kind: 'import', from: source.value, name });
      }
    }
  }

  #class(node: Class): void {
    trim(node);
    this.classes.push({ node, name: node.id?.name ?? null });
    if (node.id) this.names.set(node.id.name, { kind: 'expression', expression: node });
  }

  #declare({ id, init }: VariableDeclarator): void {
    if (!init) return;
    if (id.type === 'Identifier') {
      this.#value(id.name, init, this.names);
      return;
    }
    if (id.type !== 'ObjectPattern') return;
    const object: Reference = { kind: 'expression', expression: trim(init) };
    for (const property of id.properties) {
      if (property.type !== 'ObjectProperty' || property.value.type !== 'Identifier') continue;
      const name = keyOf(property);
      if (name === null) continue;
      this.names.set(property.value.name, { kind: 'member', object, name });
    }
  }

  /** `module.exports = …`, `module.exports.name = …` and `exports.name = …`. */
  #assign(left: LVal | Expression, right: Expression): void {
    if (left.type !== 'MemberExpression') return;
    if (isModuleExports(left)) {
      this.whole = this.#expression(right);
      return;
    }
    const exports = left.object.type === 'Identifier' && left.object.name === 'exports';
    const name = memberName(left);
    if ((exports || isModuleExports(left.object)) && name !== null) this.#value(name, right, this.exports);
  }

  #value(name: string, value: Expression | Class, into: Map<string, Reference>): void {
    const expression = trim(value);
    if (expression.type === 'ClassExpression') {
      const own = name === 'default' ? null : name;
      this.classes.push({ node: expression, name: expression.id?.name ?? own });
    }
    into.set(name, { kind: 'expression', expression });
  }

  #expression(value: Expression): Reference {
    const expression = trim(value);
    if (expression.type === 'ClassExpression') {
      this.classes.push({ node: expression, name: expression.id?.name ?? null });
    }
    return { kind: 'expression', expression };
  }
}

function isModuleExports(node: Expression | Class): boolean {
  return (
    node.type === 'MemberExpression' &&
    node.object.type === 'Identifier' &&
    node.object.name === 'module' &&
    memberName(node) === 'exports'
  );
}

function nameOf(node: { readonly type: string; readonly name?: string; readonly value?: string }): string {
  return node.name ?? node.value ?? '';
}

function entity(name: TSEntityName): Reference {
  if (name.type === 'TSQualifiedName')
    return { kind: 'member', object: entity(name.left), name: name.right.name };
  return { kind: 'expression', expression: name };
}
