import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Round } from './crowd.js';
import type { Kill } from './kills.js';
import { PHASES } from './victim.js';

/** What a torture has come to so far, kept in a file so that it can be gone on with. */
export interface TortureRecord {
  readonly seed: string;
  lives: number;
  readonly kills: Kill[];
  readonly faults: string[];
  readonly rounds: Round[];
  seconds: number;
}

/** The record in the file, if that is of the same seed. */
export function loadRecord(file: string, seed: string | null): TortureRecord | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const record = JSON.parse(text) as TortureRecord;
  return seed === null || record.seed === seed ? record : null;
}

export function saveRecord(file: string, record: TortureRecord): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}

/** The results as Markdown. */
export function killTable(kills: readonly Kill[]): string {
  const lines = PHASES.flatMap((phase) => {
    const own = kills.filter((kill) => kill.phase === phase);
    if (own.length === 0) return [];
    const rows = own.reduce((sum, kill) => sum + kill.rows, 0);
    const faults = own.filter((kill) => kill.faults.length > 0).length;
    return `| ${phase} | ${own.length} | ${rows.toLocaleString('en')} | ${faults} |`;
  });
  const rows = kills.reduce((sum, kill) => sum + kill.rows, 0);
  const faults = kills.filter((kill) => kill.faults.length > 0).length;
  return [
    '| killed during | kills | stored rows compared | caches at fault |',
    '| --- | --: | --: | --: |',
    ...lines,
    `| all | ${kills.length} | ${rows.toLocaleString('en')} | ${faults} |`,
  ].join('\n');
}

export function roundTable(rounds: readonly Round[]): string {
  const sum = (of: (round: Round) => number): string =>
    rounds.reduce((total, round) => total + of(round), 0).toLocaleString('en');
  const takeovers = rounds.map(({ takeoverMs }) => takeoverMs).sort((a, b) => a - b);
  const [median, worst] = [takeovers[takeovers.length >> 1] ?? 0, takeovers.at(-1) ?? 0];
  return [
    '| | |',
    '| --- | --: |',
    `| rounds | ${rounds.length} |`,
    `| processes | ${sum(({ processes }) => processes)} |`,
    `| of them killed while they had the cache | ${rounds.length} |`,
    `| times one told for whom it waits | ${sum(({ waits }) => waits)} |`,
    `| reads of the SQL client, beside times it found the cache locked | ${sum(({ sqlReads }) => sqlReads)}, ${sum(({ sqlLocked }) => sqlLocked)} |`,
    `| bars stored, of computed nodes | ${sum(({ neededBars }) => neededBars)} |`,
    `| bars computed more than once, requests failed, rows unlike a cold run's | ${sum(({ faults }) => faults.length)} |`,
    `| from a holder's death until another is at work, median and worst | ${Math.round(median)} ms, ${Math.round(worst)} ms |`,
  ].join('\n');
}
