import { Argument, Command, CommanderError, Option } from 'commander';

import { version } from '../../package.json';
import { runCache } from './commands/cache.js';
import { runDiff } from './commands/diff.js';
import { runExplain } from './commands/explain.js';
import { runExport } from './commands/export.js';
import { runInspect } from './commands/inspect.js';
import { runMaterialize } from './commands/materialize.js';
import { runParity } from './commands/parity.js';
import { runReport } from './commands/report.js';
import { runRun } from './commands/run.js';
import { runRuns } from './commands/runs.js';
import { runSql } from './commands/sql.js';
import { runStatus } from './commands/status.js';
import { runStrategies } from './commands/strategies.js';
import { codeOf, EXIT, EXIT_CODES_HELP, exitCodeOfError } from './exit-codes.js';
import { runVerify } from './commands/verify.js';
import { runWorld } from './commands/world.js';
import { visibleLines } from '../present/visible.js';
import { painter } from './table.js';
import type { Terminal } from './terminal.js';

/** A command: takes its arguments and options, returns the exit code. */
type Action<Arguments extends unknown[]> = (terminal: Terminal, ...typed: Arguments) => Promise<number>;

const SYMBOLS_HELP = 'each symbol of a universe in a line of its own; default: one line for all';

const STRATEGY_HELP = 'file#Class, a file with one strategy, or a class to look for in this folder';

/** Runs a command line. Never throws: messages go to `terminal.err`. Resolves with the exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.done;
  const program = buildProgram(terminal, (code) => (exitCode = code));
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has printed its message; asking for help counts as success.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const code = exitCodeOfError(error);
    const mark = code === EXIT.cancelled ? '' : `${painter(terminal.err, terminal.env)('red', 'error:')} `;
    terminal.err.write(`${mark}${visibleLines(sentenceOf(error))}\n`);
    return code;
  }
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  if (code === null) return error.stack ?? error.message;
  // Only an unexpected error has its stack as a cause.
  return code === 'internal' && typeof error.cause === 'string'
    ? `${error.message}\n${error.cause}`
    : error.message;
}

/** Adapts commander's action arguments (arguments, options, the command) to `run`. */
type AsAction = <Arguments extends unknown[]>(
  run: Action<Arguments>,
) => (...typed: Arguments) => Promise<void>;

function buildProgram(terminal: Terminal, done: (exitCode: number) => void): Command {
  const program = new Command('seamless')
    .description(
      "Materialize a strategy's nodes over a range, with every node's history kept in a local cache.",
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      getOutHelpWidth: () => terminal.out.columns || 100,
      getErrHelpWidth: () => terminal.err.columns || 100,
    })
    .showHelpAfterError('(see --help for an example)')
    .helpCommand(false)
    .addHelpText('after', `\n${EXIT_CODES_HELP}`);

  const action: AsAction =
    (run) =>
    async (...typed) =>
      done(await run(terminal, ...typed));
  addRunningCommands(program, action);
  addStoredCommands(program, action);
  addCacheCommand(program, action);
  addLoopCommands(program, action);
  addReportCommand(program, action);
  return program;
}

/** Commands about a strategy's current code. */
function addRunningCommands(program: Command, action: AsAction): void {
  example(program.command('strategies'), 'seamless strategies src')
    .description('List the strategies in a folder, without running any of them.')
    .argument('[dir]', 'the folder', '.')
    .addOption(jsonOption())
    .action(action(runStrategies));

  example(
    program.command('materialize'),
    'seamless materialize src/momentum.ts#Momentum --start 2023-03-01 --end 2023-03-22',
  )
    .description('Compute and store what is missing of every node over a range, and report.')
    .argument('<strategy>', STRATEGY_HELP)
    .requiredOption('--start <time>', 'start of the range: an ISO date or time (UTC), or epoch seconds')
    .requiredOption('--end <time>', 'its end, exclusive')
    .option('--only-missing', 'complete what is missing or failed; leave changed nodes as they are')
    .option('--refresh', 'read all sources again, even if they report no change')
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(action(runMaterialize));

  example(program.command('status'), 'seamless status Momentum --start 2023-03-01 --end 2023-03-22')
    .description('Show what is fresh, what is stale and why, without computing anything.')
    .argument('<strategy>', STRATEGY_HELP)
    .option('--start <time>', 'start of the range; default: everything stored')
    .option('--end <time>', 'its end, exclusive')
    .option('--symbols', SYMBOLS_HELP)
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(action(runStatus));

  example(
    program.command('inspect'),
    `seamless inspect data/btcusdt-1m.csv\n  seamless inspect data/uk.csv --options "timeFormat: '%d/%m/%Y'"`,
  )
    .description('Show how a file of bars is read, and the line of a strategy that reads it that way.')
    .argument('<file>', 'a CSV or Parquet file, or a pattern in quotes')
    .option(
      '--options <options>',
      'options of its provider, as in a strategy: "timeZone: \'Europe/London\', skip: 2"',
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    )
    .addOption(jsonOption())
    .action(action(runInspect));

  example(program.command('explain'), 'seamless explain Momentum fast')
    .description('Show for each node whether it is in the cache and why, and what changed.')
    .argument('<strategy>', STRATEGY_HELP)
    .argument('[node]', 'a node, in detail, or each symbol of a family; default: all')
    .option('--start <time>', 'start of the range; default: the last requested range')
    .option('--end <time>', 'its end, exclusive')
    .option('--symbols', SYMBOLS_HELP)
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(action(runExplain));
}

/** Commands that read and check stored data. */
function addStoredCommands(program: Command, action: AsAction): void {
  example(
    program.command('sql'),
    'seamless sql "SELECT * FROM Momentum.fast ORDER BY ts DESC LIMIT 5"\n  seamless sql --strategy Momentum < signals.sql',
  )
    .description(
      'Query the stored nodes in SQL: a schema for each strategy, a view for each node. Changes nothing.',
    )
    .argument('[query]', 'the query; default: from standard input, or a prompt')
    .option('--strategy <name>', 'the strategy whose nodes need no schema name; default: the only one')
    .option('--limit <rows>', 'most rows to show; default: 1000 in a table, else all')
    .option('--csv', 'print the result as CSV')
    .option('--attach', 'print the SQL with which any DuckDB client can read the nodes')
    .option('--spreadsheet', 'with --csv: put a quote before texts that a spreadsheet would run as a formula')
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(action(runSql));

  example(program.command('verify'), 'seamless verify Momentum\n  seamless verify Momentum fast --all')
    .description('Recompute stored ranges without the cache, in a new process, and compare them bit for bit.')
    .argument('<strategy>', STRATEGY_HELP)
    .argument('[nodes...]', 'names of nodes or families; default: all')
    .option('--start <time>', 'start of the range; default: everything stored')
    .option('--end <time>', 'its end, exclusive')
    .option('--sample <count>', 'ranges to recompute, chosen at random; default: 5')
    .option('--all', 'recompute everything')
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(action(runVerify));

  example(program.command('diff'), 'seamless diff Momentum fast --start 2023-03-01')
    .description('Compare the last two versions of a node, bar by bar.')
    .argument('<strategy>', STRATEGY_HELP)
    .argument('<node>', 'name of the node')
    .option('--start <time>', 'start of the range; default: everything that both have')
    .option('--end <time>', 'its end, exclusive')
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(action(runDiff));

  example(program.command('export'), 'seamless export Momentum fast slow --out momentum.parquet')
    .description("Write nodes' stored history to a file.")
    .argument('<strategy>', STRATEGY_HELP)
    .argument('[nodes...]', 'names of the nodes, or of one family, whose long table is written; default: all')
    .requiredOption('--out <file>', 'the file to write')
    .addOption(new Option('--format <format>', "default: from the file's name").choices(['parquet', 'csv']))
    .option('--spreadsheet', 'for CSV: put a quote before texts that a spreadsheet would run as formulas')
    .option('--start <time>', 'start of the range; default: everything stored')
    .option('--end <time>', 'its end, exclusive')
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(action(runExport));
}

function addCacheCommand(program: Command, action: AsAction): void {
  example(
    program.command('cache'),
    'seamless cache show\n  seamless cache clear Momentum\n  seamless cache clean --max-size 2GB --yes',
  )
    .description(
      'Show what the cache of this project holds, clear it, clean it up, or pin what a clean-up must keep.',
    )
    .addArgument(
      new Argument('[action]', 'what to do')
        .choices(['show', 'clear', 'clean', 'pin', 'unpin'])
        .default('show'),
    )
    .argument('[strategy]', 'name of a strategy; default: all')
    .argument('[node]', 'pin, unpin: one of its nodes; default: all')
    .option(
      '--max-size <size>',
      'clean: down to this size on disk, such as 2GB; default: only rows that nobody needs',
    )
    .option('--max-age <days>', 'clean: rows unused for this many days')
    .option('--yes', 'clean: delete, instead of showing what would be freed')
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(action(runCache));
}

/** The Core Loop in a terminal. */
function addLoopCommands(program: Command, action: AsAction): void {
  example(program.command('run'), 'seamless run src/momentum.ts#Momentum --world paper-btc')
    .description(
      'Run a strategy in a world (worlds/NAME.yaml): a backtest, on paper over a feed, or live through your broker. Ctrl-C stops it.',
    )
    .argument('<strategy>', STRATEGY_HELP)
    .requiredOption('--world <name>', 'the world; its mode says whether this is a backtest or a run on paper')
    .option('--resume <run>', 'continue an interrupted run')
    .option('--confirm <name>', 'for a live world: its name again, if nobody can type it')
    .option('--name <run>', 'name of the run; default: its world and its start')
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(action(runRun));

  example(program.command('world'), 'seamless world serve --port 7070')
    .description(
      'Serve the worlds of this project (worlds/*.yaml) to runs elsewhere: freezing one there freezes it everywhere.',
    )
    .addArgument(new Argument('<action>', 'what to do').choices(['serve']))
    .option('--host <address>', 'the address to listen on; other machines need a token', '127.0.0.1')
    .option('--port <number>', 'the port; 0: any that is free', '0')
    .option('--token-from <variable>', 'environment variable with the token; default: one is made and shown')
    .action(action(runWorld));

  example(program.command('runs'), 'seamless runs\n  seamless runs show paper-btc-20230301000000000')
    .description('List the runs of this project, show or compare what they did, or remove them.')
    .addArgument(
      new Argument('[action]', 'what to do').choices(['list', 'show', 'compare', 'remove']).default('list'),
    )
    .argument('[runs...]', 'names of the runs')
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(action(runRuns));

  example(program.command('parity'), 'seamless parity paper-btc-20230301000000000')
    .description(
      'Materialize the recorded feed of a run, and compare every bar of every node with the run, bit for bit.',
    )
    .argument('<run>', 'name of the run')
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(action(runParity));
}

function addReportCommand(program: Command, action: AsAction): void {
  example(
    program.command('report'),
    'seamless report paper-btc-20230301000000000\n  seamless report paper-btc-20230301000000000 --html --out report.html',
  )
    .description(
      'Show the results of a run by month, or write them as one HTML file: equity, drawdown, returns, positions, prices with fills, trades.',
    )
    .argument('<run>', 'name of the run: see seamless runs')
    .option('--html', 'write a self-contained HTML file')
    .option('--out <file>', 'with --html: the file to write; default: RUN.html')
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(action(runReport));
}

function example(command: Command, line: string): Command {
  return command.addHelpText('after', `\nExample:\n  ${line}\n\n${EXIT_CODES_HELP}`);
}

function cacheOption(): Option {
  return new Option('--cache <dir>', "the cache's folder; default: .seamless in the project root");
}

function jsonOption(): Option {
  return new Option('--json', 'print the result as JSON');
}
