import { SeamlessError } from '../sdk/errors.js';
import type { Answer, HostToPage, PageToHost, PanelError } from './messages.js';
import type { PanelPayload, PanelRequestKind, PanelResult } from './requests.js';
import { parsePageMessage, parsePayload, parseResult } from './messages.js';

/** What the host does for each request of the page. What it throws, or rejects with, becomes the answer `err`. */
export type PanelHandlers = {
  readonly [K in PanelRequestKind]: (payload: PanelPayload<K>) => Promise<PanelResult<K>> | PanelResult<K>;
};

export interface HostEndOptions {
  readonly handlers: PanelHandlers;
  readonly post: (message: HostToPage) => unknown;
  /** The page listens: it is to be sent the full state. */
  readonly onReady: () => void;
  /** A message could not be understood, or a handler failed in a way nobody foresaw. */
  readonly onFault: (error: unknown) => void;
}

/** The host's end: give it all that the page sends. Every request is answered, whatever its handler does. */
export function hostEnd({
  handlers,
  post,
  onReady,
  onFault,
}: HostEndOptions): (raw: unknown) => Promise<void> {
  return async (raw) => {
    let message: PageToHost;
    try {
      message = parsePageMessage(raw);
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
      post({ type: 'ok', id, value: await handle(handlers, kind, payload) });
    } catch (error) {
      if (!(error instanceof SeamlessError) || error.code === 'internal') onFault(error);
      post({ type: 'err', id, error: panelError(error) });
    }
  };
}

async function handle<K extends PanelRequestKind>(
  handlers: PanelHandlers,
  kind: K,
  payload: unknown,
): Promise<PanelResult<K>> {
  return handlers[kind](parsePayload(kind, payload));
}

/** The id of a message too broken to be understood, so that even then it is answered; null when it has none. */
function idOf(raw: unknown): number | null {
  const id: unknown = typeof raw === 'object' && raw !== null && 'id' in raw ? raw.id : null;
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 ? id : null;
}

function panelError(thrown: unknown): PanelError {
  if (thrown instanceof SeamlessError) return { code: thrown.code, message: thrown.message };
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    code: 'internal',
    message: `Something went wrong inside Seamless: ${message}. The log (Seamless: Show Log) has more.`,
  };
}

interface Pending {
  readonly take: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The page's end: asks, and hands each answer to whom asked. */
export class PageEnd {
  readonly #pending = new Map<number, Pending>();
  readonly #post: (message: PageToHost) => void;
  #lastId = 0;

  constructor(post: (message: PageToHost) => void) {
    this.#post = post;
  }

  /** Tells the host that the page listens. */
  ready(): void {
    this.#post({ type: 'ready' });
  }

  /** @throws PanelRequestError as the host answered; SeamlessError `internal` when the answer is malformed. */
  request<K extends PanelRequestKind>(kind: K, payload: PanelPayload<K>): Promise<PanelResult<K>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const take = (value: unknown): void => {
        try {
          resolve(parseResult(kind, value));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      this.#pending.set(id, { take, reject });
      this.#post({ type: 'request', id, kind, payload });
    });
  }

  /** Takes an answer of the host. One that nobody waits for, as after a reload of the page, is let go. */
  settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (answer.type === 'ok') pending?.take(answer.value);
    else pending?.reject(new PanelRequestError(answer.error));
  }
}

/** The host answered a request by an error; its message is a sentence for a person. */
export class PanelRequestError extends Error {
  readonly code: string;

  constructor({ code, message }: PanelError) {
    super(message);
    this.name = 'PanelRequestError';
    this.code = code;
  }
}
