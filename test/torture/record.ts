import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Kill } from './kills.js';
import { PHASES } from './victim.js';

/** What a torture has come to so far, kept in a file so that it can be gone on with. */
export interface TortureRecord {
  readonly seed: string;
  lives: number;
  readonly kills: Kill[];
  readonly faults: string[];
  rounds: RoundTally;
  seconds: number;
}

export interface RoundTally {
  rounds: number;
  processes: number;
  killed: number;
  waits: number;
  sqlReads: number;
  /** Bars that processes said they computed, and those that had to be, each counted once. */
  computedBars: number;
  neededBars: number;
}

export const NO_ROUNDS: RoundTally = {
  rounds: 0,
  processes: 0,
  killed: 0,
  waits: 0,
  sqlReads: 0,
  computedBars: 0,
  neededBars: 0,
};

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
