import { Session, type Runtime } from 'node:inspector';
import { SeamlessError } from '../../../sdk/errors.js';

/** A function's position according to V8: script, line and column counted from 0. */
export interface FunctionPlace {
  readonly script: string;
  readonly line: number;
  readonly column: number;
}

/** A scope of a closure, its variables as own properties. */
export interface ScopeValues {
  /** `Closure (setup)`, `Block`, `Module`, `Script`, `Global`. */
  readonly description: string;
  readonly object: object;
}

export interface Closure {
  /** Innermost first. */
  readonly scopes: readonly ScopeValues[];
  /** Null for a native function. */
  readonly place: FunctionPlace | null;
}

interface BoundFunction {
  readonly target: unknown;
  readonly receiver: unknown;
  readonly values: readonly unknown[];
}

/** A private field, or the functions of a private accessor. */
export interface PrivateMember {
  readonly name: string;
  readonly value: unknown;
}

const GROUP = 'seamless';

/** What never changes about an object. */
const NO_STATE = new Set([
  '[[Prototype]]',
  '[[PrivateMethods]]',
  '[[GeneratorFunction]]',
  '[[GeneratorReceiver]]',
]);

/** Functions per batch: more would hold too many inspector handles at a time. */
const BATCH = 256;

/** The protocol's answer, including the part missing in Node's types. */
type Properties = Runtime.GetPropertiesReturnType & {
  readonly privateProperties?: readonly {
    readonly name: string;
    readonly value?: Runtime.RemoteObject;
    readonly get?: Runtime.RemoteObject;
    readonly set?: Runtime.RemoteObject;
  }[];
};

/** Reads what reflection cannot: captured variables, bound arguments, private fields. Uses one V8 inspector session. */
export class Inspection {
  readonly #session = new Session();
  /** Passes objects to and from the inspector. */
  readonly #box: { value: unknown } = { value: undefined };
  readonly #boxId: string;
  readonly #ahead = new Map<object, Closure>();
  readonly #urls = new Map<string, string>();

  constructor() {
    this.#session.connect();
    const global = globalThis as unknown as Record<string, unknown>;
    global['__seamlessBox'] = this.#box;
    const { result } = this.#post('Runtime.evaluate', {
      expression: '__seamlessBox',
    }) as Runtime.EvaluateReturnType;
    delete global['__seamlessBox'];
    this.#boxId = result.objectId as string;
  }

  /** Ends the session. */
  close(): void {
    this.#session.disconnect();
  }

  closure(fn: object): Closure {
    const ahead = this.#ahead.get(fn);
    if (ahead) {
      this.#ahead.delete(fn);
      return ahead;
    }
    return this.#during(fn, (properties) => {
      const scopes = scopesOf(properties);
      return {
        scopes: scopes ? Array.from(this.#materialize(scopes) as ArrayLike<ScopeValues>) : [],
        place: placeOf(properties),
      };
    });
  }

  /** A function's position; null for a native one. */
  placeOf(fn: object): FunctionPlace | null {
    return this.#during(fn, placeOf);
  }

  /** Whether a script is one of Node's own modules. The first call is slow: Node has hundreds of scripts. */
  isOfNode(script: string): boolean {
    if (!this.#urls.has(script)) this.#readUrls();
    return this.#urls.get(script)?.startsWith('node:') === true;
  }

  /** V8 lists its scripts when debugging begins. */
  #readUrls(): void {
    const session = new Session();
    session.connect();
    session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => this.#urls.set(scriptId, url));
    session.post('Debugger.enable');
    session.post('Debugger.disable');
    session.disconnect();
  }

  /**
   * Reads many closures in a third of the time of single reads. Each is kept for the next `closure` call, or until `forgetAhead`:
   * no user code may run before.
   */
  readAhead(fns: readonly object[]): void {
    for (let from = 0; from < fns.length; from += BATCH) this.#readBatch(fns.slice(from, from + BATCH));
  }

  /** Drops closures that were read ahead but not requested. */
  forgetAhead(): void {
    this.#ahead.clear();
  }

  /** A function's closure, if it was read ahead. */
  ahead(fn: object): Closure | undefined {
    return this.#ahead.get(fn);
  }

  #readBatch(fns: readonly object[]): void {
    try {
      this.#box.value = fns;
      const { result: list } = this.#call(this.#boxId, 'function() { return this.value }');
      const items = new Map(
        this.#propertiesOf(list.objectId as string).result.map(({ name, value }) => [name, value?.objectId]),
      );
      const found = fns.map((_, index) => this.#propertiesOf(items.get(String(index)) as string));
      const scopes = found.map((properties) => ({ objectId: scopesOf(properties)?.objectId }));
      const readable = scopes.filter(({ objectId }) => objectId !== undefined) as Runtime.CallArgument[];
      this.#call(this.#boxId, 'function(...lists) { this.value = lists }', readable);
      const lists = this.#box.value as ArrayLike<ScopeValues>[];
      let next = 0;
      for (const [index, fn] of fns.entries()) {
        const list = scopes[index]?.objectId === undefined ? [] : (lists[next++] as ArrayLike<ScopeValues>);
        this.#ahead.set(fn, { scopes: Array.from(list), place: placeOf(found[index] as Properties) });
      }
    } finally {
      this.#release();
    }
  }

  /** The parts of a bound function; null for any other. */
  bound(fn: object): BoundFunction | null {
    return this.#during(fn, ({ internalProperties = [] }) => {
      const part = (wanted: string): unknown =>
        this.#materialize(internalProperties.find(({ name }) => name === wanted)?.value);
      if (!internalProperties.some(({ name }) => name === '[[TargetFunction]]')) return null;
      return {
        target: part('[[TargetFunction]]'),
        receiver: part('[[BoundThis]]'),
        values: Array.from(part('[[BoundArgs]]') as ArrayLike<unknown>),
      };
    });
  }

  /** Private fields and accessors of an object, from all classes it is an instance of. */
  privateMembers(object: object): PrivateMember[] {
    return this.#during(object, ({ privateProperties = [] }) =>
      privateProperties.flatMap(({ name, value, get, set }) =>
        [value, get, set].flatMap((each) => (each ? [{ name, value: this.#materialize(each) }] : [])),
      ),
    );
  }

  /** V8's view of the inside of a generator, Proxy, weak collection, Promise or Map iterator. */
  innerState(object: object): PrivateMember[] {
    return this.#during(object, ({ internalProperties = [] }) =>
      internalProperties.flatMap(({ name, value }): PrivateMember[] => {
        if (NO_STATE.has(name) || !value) return [];
        if (name === '[[Entries]]') return this.#entriesIn(value);
        if (name === '[[Scopes]]') return this.#localsIn(value);
        // A position in the code arrives as a value.
        const isPlace = name === '[[GeneratorLocation]]';
        // For people, a change inside it counts as its own change.
        return [
          { name: '', value: isPlace ? JSON.stringify(value.value as unknown) : this.#materialize(value) },
        ];
      }),
    );
  }

  #entriesIn(list: Runtime.RemoteObject): PrivateMember[] {
    const entries = Array.from(
      this.#materialize(list) as ArrayLike<{ readonly key?: unknown; readonly value: unknown }>,
    );
    return entries.flatMap(({ key, value }) => [
      { name: '', value: key },
      { name: '', value },
    ]);
  }

  /** Variables of a suspended generator, from its innermost scope. */
  #localsIn(list: Runtime.RemoteObject): PrivateMember[] {
    const scopes = Array.from(this.#materialize(list) as ArrayLike<ScopeValues>);
    return scopes
      .filter(({ description }) => description.startsWith('Local'))
      .flatMap(({ object }) =>
        Object.entries(object as Readonly<Record<string, unknown>>).map(([name, value]) => ({
          name: `.${name}`,
          value,
        })),
      );
  }

  #during<T>(subject: object, read: (properties: Properties) => T): T {
    try {
      this.#box.value = subject;
      const { result } = this.#call(this.#boxId, 'function() { return this.value }');
      const objectId = result.objectId as string;
      return read(this.#propertiesOf(objectId));
    } finally {
      this.#release();
    }
  }

  #propertiesOf(objectId: string): Properties {
    return this.#post('Runtime.getProperties', { objectId, ownProperties: true }) as Properties;
  }

  #release(): void {
    this.#box.value = undefined;
    this.#post('Runtime.releaseObjectGroup', { objectGroup: GROUP });
  }

  #materialize(remote: Runtime.RemoteObject | undefined): unknown {
    if (remote === undefined) return undefined;
    if (remote.objectId !== undefined) {
      this.#call(remote.objectId, 'function(box) { box.value = this }', [{ objectId: this.#boxId }]);
      return this.#box.value;
    }
    if (remote.unserializableValue === undefined) return remote.value as unknown;
    const text = remote.unserializableValue;
    return text.endsWith('n') ? BigInt(text.slice(0, -1)) : Number(text);
  }

  #call(
    objectId: string,
    functionDeclaration: string,
    args: Runtime.CallArgument[] = [],
  ): Runtime.CallFunctionOnReturnType {
    return this.#post('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration,
      arguments: args,
      objectGroup: GROUP,
    }) as Runtime.CallFunctionOnReturnType;
  }

  /** Within one process, `post` is synchronous. */
  #post(method: string, parameters: object): unknown {
    let answer: { error: Error | null; result: unknown } | undefined;
    this.#session.post(method, parameters, (error, result) => {
      answer = { error, result };
    });
    if (!answer || answer.error) {
      throw new SeamlessError(
        'internal',
        `V8's inspector did not answer ${method}: ${answer?.error?.message ?? 'no answer'}.`,
      );
    }
    return answer.result;
  }
}

function scopesOf({ internalProperties = [] }: Properties): Runtime.RemoteObject | undefined {
  return internalProperties.find(({ name }) => name === '[[Scopes]]')?.value;
}

function placeOf({ internalProperties = [] }: Properties): FunctionPlace | null {
  const place = internalProperties.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value as
    { scriptId: string; lineNumber: number; columnNumber?: number } | undefined;
  return place ? { script: place.scriptId, line: place.lineNumber, column: place.columnNumber ?? 0 } : null;
}
