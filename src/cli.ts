#!/usr/bin/env node
import { main } from './cli/program.js';
import { processTerminal } from './cli/terminal.js';

// Not process.exit(): what was written to a pipe may still be on its way.
process.exitCode = await main(process.argv.slice(2), processTerminal());
