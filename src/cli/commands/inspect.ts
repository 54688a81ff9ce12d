import { relative, resolve, sep } from 'node:path';

import { inspectionText } from '../../present/inspection.js';
import { projectRootOf } from '../../protocol/project.js';
import { EXIT } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';
import { withJobs } from '../with-jobs.js';

export interface InspectFlags {
  readonly json?: boolean;
}

/** `seamless inspect <file>` */
export async function runInspect(terminal: Terminal, file: string, flags: InspectFlags): Promise<number> {
  const { out, cwd } = terminal;
  const projectRoot = projectRootOf(cwd);
  const path = relative(projectRoot, resolve(cwd, file)).split(sep).join('/');
  const found = await withJobs(terminal, (jobs, options) =>
    jobs.request('inspect', { projectRoot, path }, options),
  );
  out.write(flags.json ? `${JSON.stringify(found, null, 2)}\n` : inspectionText(path, found));
  return EXIT.done;
}
