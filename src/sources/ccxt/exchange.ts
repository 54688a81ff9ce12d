import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, nearHint, type SeamlessError } from '../../sdk/errors.js';

/** The part of a ccxt exchange that is used here. */
export interface CcxtExchange {
  readonly timeframes?: Readonly<Record<string, unknown>>;
  readonly symbols?: readonly string[];
  readonly has?: Readonly<Record<string, unknown>>;
  fetchOHLCV(
    symbol: string,
    timeframe: string,
    since: number,
    limit: number,
    params: Readonly<Record<string, unknown>>,
  ): Promise<unknown>;
}

type Module = Readonly<Record<string, unknown>>;

/** Who needs ccxt, and how its errors begin. */
interface CcxtUser {
  /** Begins a sentence, such as `its ccxt source`. */
  readonly name: string;
  readonly refuse: (sentence: string, cause?: unknown) => SeamlessError;
}

export interface Ccxt {
  readonly exchanges: readonly string[];
  make(exchange: string, config: Readonly<Record<string, unknown>>): CcxtExchange;
  /** The exchange class of that name with WebSocket support. */
  makePro(exchange: string): CcxtExchange;
  /** ccxt's error classes: asking again may help, the key is wrong, there is no such symbol. */
  kindOf(error: unknown): 'passing' | 'key' | 'symbol' | 'other';
}

/** What the project's own package has to offer. */
async function importCcxt({ name: user, refuse }: CcxtUser, projectRoot: string): Promise<Module> {
  let path: string;
  try {
    path = createRequire(join(projectRoot, 'package.json')).resolve('ccxt');
  } catch (error) {
    throw refuse(
      `${user} needs the package ccxt, which is not installed in this project: run "npm install ccxt" in ${projectRoot}.`,
      error,
    );
  }
  try {
    const module = (await import(pathToFileURL(path).href)) as Module;
    // A CommonJS build has everything under `default`.
    return { ...module, ...(module['default'] as Module | undefined) };
  } catch (error) {
    const message = messageOf(error);
    throw refuse(
      `the project's ccxt cannot be loaded (${message}): run "npm install ccxt@latest" in ${projectRoot}.`,
      error,
    );
  }
}

/** The project's own ccxt. @throws SeamlessError `source` that says how to install it */
export async function loadCcxt(user: CcxtUser, projectRoot: string): Promise<Ccxt> {
  const { refuse } = user;
  const all = await importCcxt(user, projectRoot);
  const exchanges = Array.isArray(all['exchanges']) ? (all['exchanges'] as string[]) : [];
  const made = (among: Module, name: string, config: object): CcxtExchange | null => {
    const Exchange = among[name];
    return typeof Exchange === 'function'
      ? new (Exchange as new (config: object) => CcxtExchange)(config)
      : null;
  };
  const make: Ccxt['make'] = (name, config) => {
    const exchange = exchanges.includes(name) ? made(all, name, config) : null;
    if (exchange) return exchange;
    throw refuse(
      `ccxt has no exchange ${name}: ${nearHint(name, exchanges, `it has ${exchanges.length} others.`)}`,
    );
  };
  return {
    exchanges,
    make,
    makePro(name) {
      const exchange = made((all['pro'] ?? {}) as Module, name, {});
      if (exchange) return exchange;
      make(name, {});
      throw refuse(
        `the project's ccxt has no WebSocket for ${name}: run "npm install ccxt@latest" in ${projectRoot}, or take another exchange.`,
      );
    },
    kindOf(error) {
      const is = (name: string): boolean => {
        const Class = all[name];
        return typeof Class === 'function' && error instanceof Class;
      };
      if (is('NetworkError')) return 'passing';
      if (is('AuthenticationError') || is('PermissionDenied')) return 'key';
      return is('BadSymbol') ? 'symbol' : 'other';
    },
  };
}
