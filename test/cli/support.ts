import { main } from '../../src/cli/program.js';
import type { Jobs, Terminal } from '../../src/cli/terminal.js';
import type { RequestOptions } from '../../src/client/job-client.js';
import type { LogLine } from '../../src/protocol/messages.js';
import type { RequestKind } from '../../src/protocol/payloads.js';

/** What the pretended child is asked, and may use to answer. */
export interface Asked {
  readonly kind: RequestKind;
  readonly payload: unknown;
  readonly options: RequestOptions;
  readonly log: (line: LogLine) => void;
  /** Ctrl-C, as the terminal sends it. */
  readonly interrupt: () => void;
  /** Rejects once the command line has ended the child. */
  readonly killed: Promise<never>;
}

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  readonly asked: readonly Pick<Asked, 'kind' | 'payload'>[];
  /** Whether every child that was started was ended. */
  readonly disposed: boolean;
}

export interface World {
  readonly cwd?: string;
  readonly isTTY?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Lines a person types, or that are piped in. */
  readonly typed?: readonly string[];
  readonly piped?: readonly string[];
  /** What the child answers, or throws. */
  readonly answer?: ((asked: Asked) => unknown) | undefined;
}

/** Runs a command line in a pretended terminal, with a pretended child. */
export async function run(args: readonly string[], world: World = {}): Promise<Ran> {
  let out = '';
  let err = '';
  let running = 0;
  const asked: Asked[] = [];
  const listeners = new Set<() => void>();
  const output = (write: (text: string) => void) => ({ write, isTTY: world.isTTY ?? false, columns: 100 });
  const terminal: Terminal = {
    input: {
      isTTY: world.typed !== undefined,
      async *lines(prompt) {
        for (const line of world.typed ?? world.piped ?? []) {
          if (world.typed) err += prompt();
          yield line;
        }
      },
    },
    out: output((text) => (out += text)),
    err: output((text) => (err += text)),
    env: world.env ?? {},
    cwd: world.cwd ?? '/nowhere',
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    startJobs: async ({ onLog = () => undefined }) => {
      running += 1;
      let kill = (_error: Error): void => undefined;
      const killed = new Promise<never>((_resolve, reject) => (kill = reject));
      killed.catch(() => undefined);
      const request = async (kind: RequestKind, payload: unknown, options: RequestOptions = {}) => {
        const interrupt = (): void => listeners.forEach((listener) => listener());
        const question = { kind, payload, options, log: onLog, interrupt, killed };
        asked.push(question);
        return world.answer?.(question);
      };
      let disposed = false;
      const dispose = async (): Promise<void> => {
        if (disposed) return;
        disposed = true;
        running -= 1;
        kill(new Error('killed'));
      };
      return { request: request as Jobs['request'], dispose };
    },
  };
  const exitCode = await main(args, terminal);
  return {
    exitCode,
    out,
    err,
    asked: asked.map(({ kind, payload }) => ({ kind, payload })),
    disposed: running === 0 && listeners.size === 0,
  };
}
