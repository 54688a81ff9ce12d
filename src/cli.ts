#!/usr/bin/env node
import { keepCompiled } from './job/compile-cache.js';

keepCompiled();
const [{ main }, { processTerminal }] = await Promise.all([
  import('./cli/program.js'),
  import('./cli/terminal.js'),
]);

// Not process.exit(): what was written to a pipe may still be on its way.
process.exitCode = await main(process.argv.slice(2), processTerminal());
