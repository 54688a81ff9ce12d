import { EXIT } from './exit-codes.js';
import { isFileLike, unwritable, writeAll } from './write-all.js';
import { takeChild } from './startup/child-ahead.js';
import type { JobClient, JobClientOptions } from '../client/job-client.js';

/** Where text is written. */
export interface Output {
  write(text: string): void;
  /** Whether it is a terminal. */
  readonly isTTY: boolean;
  /** Width in characters. */
  readonly columns: number;
}

/** Where text is read from. */
interface Input {
  /** Whether a person types. */
  readonly isTTY: boolean;
  /** Lines, prompted for in a terminal; they end with the input, or with Ctrl-C. */
  lines(prompt: () => string): AsyncIterable<string>;
}

/** What commands need from the child process. */
export type Jobs = Pick<JobClient, 'request' | 'dispose'>;

/** Everything that a command line touches, so that tests can replace it. */
export interface Terminal {
  /** Standard input, line by line. */
  readonly input: Input;
  /** For results only. */
  readonly out: Output;
  /** For messages to people. */
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working folder. */
  readonly cwd: string;
  /** Calls back at each Ctrl-C, until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
  startJobs(options: Omit<JobClientOptions, 'childPath'>): Promise<Jobs>;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // `seamless … | head` closes its end: stop quietly.
      if (error.code === 'EPIPE') process.exit(0);
      process.stderr.write(`error: ${unwritable(error).message}\n`);
      process.exit(EXIT.failed);
    });
  }
  return {
    input: inputOf(process.stdin),
    out: outputOf(process.stdout, 1),
    err: outputOf(process.stderr, 2),
    env: process.env,
    cwd: process.cwd(),
    onInterrupt(listener) {
      process.on('SIGINT', listener);
      return () => process.off('SIGINT', listener);
    },
    async startJobs(options) {
      // Loaded when needed, so that `--help` is fast.
      const [{ JobClient }, { builtFile }] = await Promise.all([
        import('../client/job-client.js'),
        import('../protocol/built-file.js'),
      ]);
      return JobClient.start({ ...options, childPath: builtFile('child.js') }, takeChild(options));
    },
  };
}

function inputOf(stream: NodeJS.ReadStream): Input {
  return {
    get isTTY() {
      return stream.isTTY;
    },
    async *lines(prompt) {
      const { createInterface } = await import('node:readline');
      const terminal = stream.isTTY;
      const reader = createInterface({
        input: stream,
        terminal,
        ...(terminal && { output: process.stderr }),
      });
      const ask = (): void => {
        if (!terminal) return;
        reader.setPrompt(prompt());
        reader.prompt();
      };
      try {
        ask();
        for await (const line of reader) {
          yield line;
          ask();
        }
      } finally {
        reader.close();
      }
    },
  };
}

function outputOf(stream: NodeJS.WriteStream, descriptor: number): Output {
  const whole = !stream.isTTY && isFileLike(descriptor);
  return {
    write(text) {
      if (!whole) {
        stream.write(text);
        return;
      }
      try {
        writeAll(descriptor, text);
      } catch (error) {
        throw unwritable(error as NodeJS.ErrnoException);
      }
    },
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
  };
}
