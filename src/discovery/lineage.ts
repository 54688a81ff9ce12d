import type { Class, Expression } from '@babel/types';

import { definesSetup, memberName, propertyOf, unwrap } from './expressions.js';
import type { ModuleScope, Reference } from './module-scope.js';

/** What an expression evaluates to, as far as it matters. */
type Value =
  /** `Strategy`, or a class that extends it. It can be run only if some class in its line has a `setup`. */
  | { readonly kind: 'strategy'; readonly hasSetup: boolean }
  | { readonly kind: 'module'; readonly scope: ModuleScope }
  | { readonly kind: 'sdk' }
  | { readonly kind: 'object'; readonly scope: ModuleScope; readonly expression: Expression }
  | null;

/** The package that `Strategy` comes from. */
const SDK_NAME = 'seamless-dag';

/** Finds and reads the module of `specifier` in `fromFile`; null: one that is not searched. */
export type FindModule = (
  specifier: string,
  fromFile: string,
) => Promise<ModuleScope | null> | ModuleScope | null;

/**
 * Whether a class is a runnable strategy: it extends `Strategy`, is not abstract and has a `setup`. Base classes are followed
 * from module to module.
 */
export async function isConcrete(scope: ModuleScope, node: Class, find: FindModule): Promise<boolean> {
  if ('abstract' in node && node.abstract) return false;
  const value = await new Query(find).expression(scope, node);
  return value?.kind === 'strategy' && value.hasSetup;
}

/** Steps after which a question is given up: modules may re-export each other in a tangle. */
const MOST_STEPS = 10_000;

/** One question. A step is not repeated within itself, so that cycles end. */
class Query {
  readonly #find: FindModule;
  readonly #underWay = new Set<string>();
  #steps = 0;

  constructor(find: FindModule) {
    this.#find = find;
  }

  async expression(scope: ModuleScope, wrapped: Expression | Class): Promise<Value> {
    const node = unwrap(wrapped);
    switch (node.type) {
      case 'Identifier':
        return this.#name(scope, node.name);
      case 'ClassDeclaration':
      case 'ClassExpression':
        return this.#class(scope, node);
      case 'MemberExpression':
      case 'OptionalMemberExpression': {
        const name = memberName(node);
        if (name === null || node.object.type === 'Super') return null;
        return this.#member(await this.expression(scope, node.object), name);
      }
      case 'ObjectExpression':
        return { kind: 'object', scope, expression: node };
      case 'ImportExpression':
        return this.#importOf(scope, node.source);
      case 'CallExpression': {
        const [first] = node.arguments;
        const { callee } = node;
        const imports =
          callee.type === 'Import' || (callee.type === 'Identifier' && callee.name === 'require');
        if (imports) return first && isPlain(first) ? this.#importOf(scope, first) : null;
        return this.#mixin(scope, node.arguments.filter(isPlain));
      }
      default:
        return null;
    }
  }

  async #class(scope: ModuleScope, node: Class): Promise<Value> {
    if (!node.superClass) return null;
    const parent = await this.#asClass(await this.expression(scope, node.superClass));
    if (parent?.kind !== 'strategy') return null;
    return { kind: 'strategy', hasSetup: parent.hasSetup || definesSetup(node) };
  }

  /** A function that takes a strategy class and returns a class: most likely a mixin. */
  async #mixin(scope: ModuleScope, parts: readonly Expression[]): Promise<Value> {
    for (const part of parts) {
      const value = await this.#asClass(await this.expression(scope, part));
      if (value?.kind === 'strategy') return value;
    }
    return null;
  }

  /** `require('./base')` is a module, and also the class it is set to. */
  async #asClass(value: Value): Promise<Value> {
    return value?.kind === 'module' && value.scope.whole
      ? this.#reference(value.scope, value.scope.whole)
      : value;
  }

  #name(scope: ModuleScope, name: string): Promise<Value> {
    return this.#once(`name ${name} ${scope.file}`, async () => {
      const reference = scope.names.get(name);
      return reference ? this.#reference(scope, reference) : null;
    });
  }

  async #reference(scope: ModuleScope, reference: Reference): Promise<Value> {
    switch (reference.kind) {
      case 'expression':
        return this.expression(scope, reference.expression);
      case 'member':
        return this.#member(await this.#reference(scope, reference.object), reference.name);
      case 'import': {
        const module = await this.#moduleOf(scope, reference.from);
        return reference.name === '*' ? module : this.#member(module, reference.name);
      }
    }
  }

  async #member(value: Value, name: string): Promise<Value> {
    if (value?.kind === 'sdk') {
      if (name === 'default') return value;
      return name === 'Strategy' ? { kind: 'strategy', hasSetup: false } : null;
    }
    if (value?.kind === 'module') return this.#exportOf(value.scope, name);
    if (value?.kind === 'object' && value.expression.type === 'ObjectExpression') {
      const property = propertyOf(value.expression, name);
      return property && this.expression(value.scope, property);
    }
    return null;
  }

  #exportOf(scope: ModuleScope, name: string): Promise<Value> {
    return this.#once(`export ${name} ${scope.file}`, async () => {
      const reference = scope.exports.get(name);
      if (reference) return this.#reference(scope, reference);
      if (scope.whole) {
        const whole = await this.#reference(scope, scope.whole);
        return name === 'default' ? whole : this.#member(whole, name);
      }
      return name === 'default' ? null : this.#starOf(scope, name);
    });
  }

  async #starOf(scope: ModuleScope, name: string): Promise<Value> {
    for (const from of scope.stars) {
      const found = await this.#member(await this.#moduleOf(scope, from), name);
      if (found) return found;
    }
    return null;
  }

  async #importOf(scope: ModuleScope, source: Expression): Promise<Value> {
    return source.type === 'StringLiteral' ? this.#moduleOf(scope, source.value) : null;
  }

  async #moduleOf(scope: ModuleScope, specifier: string): Promise<Value> {
    if (specifier === SDK_NAME) return { kind: 'sdk' };
    const found = await this.#find(specifier, scope.file);
    return found && { kind: 'module', scope: found };
  }

  async #once(step: string, work: () => Promise<Value>): Promise<Value> {
    this.#steps += 1;
    if (this.#underWay.has(step) || this.#steps > MOST_STEPS) return null;
    this.#underWay.add(step);
    try {
      return await work();
    } finally {
      this.#underWay.delete(step);
    }
  }
}

function isPlain(node: { readonly type: string }): node is Expression {
  return node.type !== 'SpreadElement' && node.type !== 'ArgumentPlaceholder';
}
