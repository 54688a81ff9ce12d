import { relative, resolve, sep } from 'node:path';

import { advisedOptions } from '../../present/inspection/advised-options.js';
import { inspectionText } from '../../present/inspection/inspection.js';
import { projectRootOf } from '../../protocol/project.js';
import { SeamlessError } from '../../sdk/errors.js';
import { EXIT } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';

interface InspectFlags {
  readonly json?: boolean;
  /** As a strategy writes them; one entry per flag. */
  readonly options?: readonly string[];
}

/** `seamless inspect <file>` */
export async function runInspect(terminal: Terminal, file: string, flags: InspectFlags): Promise<number> {
  const { out, cwd } = terminal;
  const projectRoot = projectRootOf(cwd);
  const path = relative(projectRoot, resolve(cwd, file)).split(sep).join('/');
  const options = flags.options?.join(', ');
  const found = await withJobs(
    terminal,
    async (jobs, hooks) => {
      try {
        return await jobs.request('inspect', { projectRoot, path, ...(options && { options }) }, hooks);
      } catch (error) {
        throw withWaysOut(error, file, options);
      }
    },
    { loads: false },
  );
  out.write(flags.json ? `${JSON.stringify(found, null, 2)}\n` : inspectionText(path, found));
  return EXIT.done;
}

/** An error with command lines that follow its advice. */
function withWaysOut(error: unknown, file: string, options: string | undefined): unknown {
  if (!(error instanceof SeamlessError) || !['source', 'source-row'].includes(error.code)) return error;
  const given = options === undefined ? '' : `${options}, `;
  const lines = advisedOptions(error.message).map(
    (option) => `\n  seamless inspect ${inShell(file)} --options ${inShell(given + option)}`,
  );
  if (lines.length === 0) return error;
  return new SeamlessError(error.code, `${error.message}\nTo try that:${lines.join('')}`, {
    node: error.node,
    cause: error,
  });
}

/** A word of a command line. */
function inShell(text: string): string {
  if (/^[\w./:@%+,=-]+$/.test(text)) return text;
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", String.raw`'\''`)}'` : `"${text}"`;
}
