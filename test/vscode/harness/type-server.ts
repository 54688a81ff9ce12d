import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Readable } from 'node:stream';
import { EDITOR, type Diagnose } from '../../scaffold/compilation.js';

interface Diagnostic {
  readonly start: { readonly line: number; readonly offset: number };
  readonly text: string;
  readonly category: string;
}

interface Message {
  readonly type: string;
  readonly request_seq?: number;
  readonly success?: boolean;
  readonly message?: string;
  readonly body?: unknown;
}

/** The editor's own TypeScript server, for folders one after another: its own files are read once. */
export class TypeServer {
  readonly #server: ChildProcessWithoutNullStreams;
  readonly #answers: ReturnType<typeof answersOf>;
  #requests = 0;

  constructor(tsserver: string) {
    this.#server = spawn(process.execPath, [tsserver, '--disableAutomaticTypingAcquisition']);
    this.#answers = answersOf(this.#server.stdout);
    const options = { ...EDITOR, allowNonTsExtensions: true };
    this.#send('compilerOptionsForInferredProjects', { options });
  }

  /** What it marks in open files: errors, warnings and suggestions to fix. */
  readonly diagnose: Diagnose = async (folder, files) => {
    const found: string[] = [];
    for (const file of files) {
      const fileContent = await readFile(file, 'utf8');
      this.#send('open', { file, fileContent, projectRootPath: folder });
    }
    try {
      for (const file of files) {
        for (const kind of ['syntactic', 'semantic', 'suggestion']) {
          const diagnostics = await this.#answers(this.#send(`${kind}DiagnosticsSync`, { file }));
          for (const { start, text, category } of diagnostics) {
            found.push(`${relative(folder, file)}(${start.line},${start.offset}): ${category}: ${text}`);
          }
        }
      }
    } finally {
      for (const file of files) this.#send('close', { file });
    }
    return found.join('\n');
  };

  async end(): Promise<void> {
    const ended = once(this.#server, 'exit');
    this.#server.kill();
    await ended;
  }

  #send(command: string, args: object): number {
    const seq = ++this.#requests;
    this.#server.stdin.write(`${JSON.stringify({ seq, type: 'request', command, arguments: args })}\n`);
    return seq;
  }
}

/** The diagnostics answered to a request, by its number. */
function answersOf(stdout: Readable): (request: number) => Promise<readonly Diagnostic[]> {
  const waiting = new Map<number, (message: Message) => void>();
  let text = '';
  stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    // Each message is a line, between lines of header.
    for (const line of lines.filter((each) => each.startsWith('{'))) {
      const message = JSON.parse(line) as Message;
      if (message.type === 'response') waiting.get(message.request_seq ?? 0)?.(message);
    }
  });
  return async (request) => {
    const { success, message, body } = await new Promise<Message>((done) => waiting.set(request, done));
    if (success !== true) throw new Error(`The TypeScript server refused request ${request}: ${message}`);
    return body as readonly Diagnostic[];
  };
}
