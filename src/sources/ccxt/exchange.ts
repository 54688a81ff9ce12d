import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OpenStream } from '../../engine/ports/source.js';
import { nearNames } from '../../sdk/errors.js';
import { sourceError } from '../faults.js';

/** What is used of an exchange of ccxt's. */
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

export interface Ccxt {
  readonly exchanges: readonly string[];
  make(exchange: string, config: Readonly<Record<string, unknown>>): CcxtExchange;
  /** Whether asking again may help; that a key is wrong; that there is no such symbol. */
  kindOf(error: unknown): 'passing' | 'key' | 'symbol' | 'other';
}

/** The project's own ccxt. @throws SeamlessError `source` that says how to install it */
export async function loadCcxt(stream: OpenStream, projectRoot: string): Promise<Ccxt> {
  let path: string;
  try {
    path = createRequire(join(projectRoot, 'package.json')).resolve('ccxt');
  } catch (error) {
    throw sourceError(
      stream,
      `its ccxt source needs the package ccxt, which is not installed in this project: run "npm install ccxt" in ${projectRoot}.`,
      error,
    );
  }
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw sourceError(
      stream,
      `the project's ccxt cannot be loaded (${message}): run "npm install ccxt@latest" in ${projectRoot}.`,
      error,
    );
  }
  // A CommonJS build has everything in its default.
  const all = { ...module, ...(module['default'] as Record<string, unknown> | undefined) };
  const exchanges = Array.isArray(all['exchanges']) ? (all['exchanges'] as string[]) : [];
  return {
    exchanges,
    make(name, config) {
      const Exchange = exchanges.includes(name) ? all[name] : undefined;
      if (typeof Exchange !== 'function') {
        const near = nearNames(name, exchanges);
        const hint =
          near.length > 0 ? `did you mean ${near.join(' or ')}?` : `it has ${exchanges.length} others.`;
        throw sourceError(stream, `ccxt knows no exchange ${name}: ${hint}`);
      }
      return new (Exchange as new (config: object) => CcxtExchange)(config);
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
