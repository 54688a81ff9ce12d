import { endChildAhead, startChildAhead } from './child-ahead.js';
import { quickHit } from './quick-hit.js';
import { keepCompiled } from '../../protocol/compile-cache.js';

keepCompiled();
const args = process.argv.slice(2);
const hit = args[0] === 'materialize' ? await quickHit(args.slice(1)) : null;
if (hit) {
  const [{ showReport }, { processTerminal }] = await Promise.all([
    import('../commands/materialize.js'),
    import('../terminal.js'),
  ]);
  showReport(processTerminal(), hit.report, hit.json);
} else {
  startChildAhead(args);
  const [{ main }, { processTerminal }] = await Promise.all([
    import('../program.js'),
    import('../terminal.js'),
  ]);
  // Not process.exit(): output to a pipe may still be pending.
  process.exitCode = await main(args, processTerminal());
  endChildAhead();
}
