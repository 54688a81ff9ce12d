import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

/** What the editor's own TypeScript server marks in open files: errors, warnings and suggestions to fix. */
export function typeServer(tsserver: string): Diagnose {
  return async (folder, files) => {
    const server = spawn(process.execPath, [tsserver, '--disableAutomaticTypingAcquisition'], {
      cwd: folder,
    });
    let requests = 0;
    const send = (command: string, args: object): number => {
      requests += 1;
      server.stdin.write(`${JSON.stringify({ seq: requests, type: 'request', command, arguments: args })}\n`);
      return requests;
    };
    const answers = answersOf(server.stdout);
    const found: string[] = [];
    try {
      send('compilerOptionsForInferredProjects', { options: { ...EDITOR, allowNonTsExtensions: true } });
      for (const file of files) send('open', { file, projectRootPath: folder });
      for (const file of files) {
        for (const kind of ['syntactic', 'semantic', 'suggestion']) {
          const diagnostics = await answers(send(`${kind}DiagnosticsSync`, { file }));
          for (const { start, text, category } of diagnostics) {
            found.push(`${relative(folder, file)}(${start.line},${start.offset}): ${category}: ${text}`);
          }
        }
      }
    } finally {
      server.kill();
      await once(server, 'exit');
    }
    return found.join('\n');
  };
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
