import { EXIT } from './exit-codes.js';
import { isFileLike, unwritable, writeAll } from './write-all.js';
import type { JobClient, JobClientOptions } from '../client/job-client.js';

/** Where text goes. */
export interface Output {
  write(text: string): void;
  /** Whether a person is looking on. */
  readonly isTTY: boolean;
  /** Width in characters. */
  readonly columns: number;
}

/** Where text comes from. */
interface Input {
  /** Whether a person types. */
  readonly isTTY: boolean;
  /** Lines, each asked for by a prompt where a person types; they end with the input, or by Ctrl-C. */
  lines(prompt: () => string): AsyncIterable<string>;
}

/** What commands ask of the child process. */
export type Jobs = Pick<JobClient, 'request' | 'dispose'>;

/** All a command line touches of the world, so that tests can be the world. */
export interface Terminal {
  /** What is typed or piped in, line by line. */
  readonly input: Input;
  /** For results only. */
  readonly out: Output;
  /** For words to people. */
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working folder. */
  readonly cwd: string;
  /** Tells of each Ctrl-C, until the function it returns is called. */
  onInterrupt(listener: () => void): () => void;
  startJobs(options: Omit<JobClientOptions, 'childPath'>): Promise<Jobs>;
}

/** The terminal this process was started from. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // `seamless … | head` closes its end: nobody is left to tell.
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
      // Loaded when needed: `--help` is there at once.
      const [{ JobClient }, { builtFile }] = await Promise.all([
        import('../client/job-client.js'),
        import('../protocol/built-file.js'),
      ]);
      return JobClient.start({ ...options, childPath: builtFile('child.js') });
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
