#!/usr/bin/env node
import { needsNewerNode } from './protocol/node-version.js';

// This file and what it imports are read by any Node: an older one cannot read the rest, and is to say so in words.
const tooOld = needsNewerNode(process.versions.node);
if (tooOld === null) void import('./cli/startup/start.js');
else {
  process.stderr.write(`error: ${tooOld}\n`);
  process.exitCode = 1;
}
