import type * as v from 'valibot';

import { asError, messageOf, SeamlessError } from '../sdk/errors.js';
import {
  parseFromPage,
  parsePayload,
  parseResult,
  type Answer,
  type FromPage,
  type PanelError,
  type Protocol,
  type ResultOf,
  type ResultSchemas,
  type Schemas,
} from './protocol.js';
import type { payloads, results } from './requests.js';

/** The host's handlers for a page's requests. An error becomes the answer `err`. */
export type HandlersOf<P extends Schemas, R extends ResultSchemas<P>> = {
  readonly [K in keyof P]: (payload: v.InferOutput<P[K]>) => Promise<ResultOf<R, K>> | ResultOf<R, K>;
};

/** The DAG panel's handlers. */
export type PanelHandlers = HandlersOf<typeof payloads, typeof results>;

interface HostEndOptions<P extends Schemas, R extends ResultSchemas<P>> {
  readonly handlers: HandlersOf<P, R>;
  readonly post: (message: Answer) => unknown;
  /** The page is ready and needs the full state. */
  readonly onReady: () => void;
  /** A message was invalid, or a handler failed unexpectedly. */
  readonly onFault: (error: unknown) => void;
}

/** The host's end: pass it everything the page sends. Every request is answered, even if its handler fails. */
export function hostEnd<P extends Schemas, R extends ResultSchemas<P>, T>(
  protocol: Protocol<P, R, T>,
  { handlers, post, onReady, onFault }: HostEndOptions<P, R>,
): (raw: unknown) => Promise<void> {
  return async (raw) => {
    let message: FromPage<keyof P & string>;
    try {
      message = parseFromPage(protocol, raw);
    } catch (error) {
      onFault(error);
      const id = idOf(raw);
      if (id !== null) post({ type: 'err', id, error: panelError(error) });
      return;
    }
    if (message.type === 'ready') {
      onReady();
      return;
    }
    const { id, kind, payload } = message;
    try {
      const value: unknown = await handlers[kind](parsePayload(protocol, kind, payload));
      post({ type: 'ok', id, value: kind in protocol.results ? value : null });
    } catch (error) {
      if (!(error instanceof SeamlessError) || error.code === 'internal') onFault(error);
      post({ type: 'err', id, error: panelError(error) });
    }
  };
}

/** The id of an otherwise invalid message, so that it can be answered; null: it has none. */
function idOf(raw: unknown): number | null {
  const id: unknown = typeof raw === 'object' && raw !== null && 'id' in raw ? raw.id : null;
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 ? id : null;
}

function panelError(thrown: unknown): PanelError {
  if (thrown instanceof SeamlessError) return { code: thrown.code, message: thrown.message };
  const message = messageOf(thrown);
  return {
    code: 'internal',
    message: `Something went wrong inside Seamless: ${message}. The log (Seamless: Show Log) has more.`,
  };
}

interface Pending {
  readonly take: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The page's end: sends requests and hands each answer to its caller. */
export class PageEnd<P extends Schemas, R extends ResultSchemas<P>, T> {
  readonly #protocol: Protocol<P, R, T>;
  readonly #pending = new Map<number, Pending>();
  readonly #post: (message: FromPage<keyof P & string>) => void;
  #lastId = 0;

  constructor(protocol: Protocol<P, R, T>, post: (message: FromPage<keyof P & string>) => void) {
    this.#protocol = protocol;
    this.#post = post;
  }

  /** Tells the host that the page is ready. */
  ready(): void {
    this.#post({ type: 'ready' });
  }

  /** @throws PanelRequestError with the host's error; SeamlessError `internal` when the answer is malformed */
  request<K extends keyof P & string>(kind: K, payload: v.InferOutput<P[K]>): Promise<ResultOf<R, K>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const take = (value: unknown): void => {
        try {
          resolve(parseResult(this.#protocol, kind, value));
        } catch (error) {
          reject(asError(error));
        }
      };
      this.#pending.set(id, { take, reject });
      this.#post({ type: 'request', id, kind, payload });
    });
  }

  /** Takes an answer of the host. An unexpected one, as after a reload of the page, is ignored. */
  settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (answer.type === 'ok') pending?.take(answer.value);
    else pending?.reject(new PanelRequestError(answer.error));
  }
}

/** The host answered a request with an error; its message is a sentence for a person. */
export class PanelRequestError extends Error {
  readonly code: string;

  constructor({ code, message }: PanelError) {
    super(message);
    this.name = 'PanelRequestError';
    this.code = code;
  }
}
