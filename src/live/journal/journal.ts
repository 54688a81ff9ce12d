import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf, SeamlessError } from '../../sdk/errors.js';
import type { RunEventBody } from '../../sdk/live/live.js';
import type { Seconds } from '../../sdk/time/time.js';
import { decodeLine, encodeLine, type JournalLine } from './codec.js';

const NEWLINE = 10;
const BLOCK = 1 << 20;

/** Events of a slot, not numbered yet. */
export interface Entry {
  readonly asOf: Seconds;
  readonly events: readonly RunEventBody[];
}

/** The journal of a run. Lines are only appended, never changed. */
export class Journal {
  readonly #file: number;
  readonly #path: string;
  /** The way out when the disk is full. */
  readonly #wayOut: string;
  #seq: number;
  #bytes: number;

  private constructor(path: string, file: number, wayOut: string, seq: number, bytes: number) {
    this.#path = path;
    this.#file = file;
    this.#wayOut = wayOut;
    this.#seq = seq;
    this.#bytes = bytes;
  }

  static path(folder: string): string {
    return join(folder, 'journal.jsonl');
  }

  /** @param wayOut ends the error when it cannot be written: what to do once there is room */
  static create(folder: string, wayOut: string): Journal {
    const path = Journal.path(folder);
    // Not in append mode: a partly written line is overwritten.
    return new Journal(path, openSync(path, 'wx'), wayOut, 1, 0);
  }

  /**
   * Continues a journal. A torn last line is removed: its events were never sent.
   * @param seq number of the next event
   */
  static resume(folder: string, wayOut: string, seq: number): Journal {
    const path = Journal.path(folder);
    const file = openSync(path, 'r+');
    const bytes = endOfLines(file);
    ftruncateSync(file, bytes);
    return new Journal(path, file, wayOut, seq, bytes);
  }

  /** Bytes that are safely on disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Appends slots. They are on disk once this returns, all of them or none.
   * @throws SeamlessError `cache` when they cannot be written
   */
  append(entries: readonly Entry[]): void {
    let text = '';
    let seq = this.#seq;
    for (const { asOf, events } of entries) {
      text += encodeLine({ seq, asOf, events });
      seq += events.length;
    }
    const data = Buffer.from(text, 'utf8');
    try {
      for (let done = 0; done < data.length;) {
        done += writeSync(this.#file, data, done, data.length - done, this.#bytes + done);
      }
      fdatasyncSync(this.#file);
    } catch (error) {
      this.#takeBack();
      const why = messageOf(error);
      throw new SeamlessError(
        'cache',
        `The run was stopped, because its journal ${this.#path} cannot be written (${why}). ${this.#wayOut}`,
        { cause: error },
      );
    }
    this.#bytes += data.length;
    this.#seq = seq;
  }

  /** Removes a partly written line, so that the journal ends with a whole one. */
  #takeBack(): void {
    try {
      ftruncateSync(this.#file, this.#bytes);
    } catch {
      // The error is reported already. Resuming removes a torn line, too.
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

function endOfLines(file: number): number {
  let end = fstatSync(file).size;
  const block = Buffer.alloc(BLOCK);
  while (end > 0) {
    const start = Math.max(0, end - BLOCK);
    const read = readSync(file, block, 0, end - start, start);
    const at = block.subarray(0, read).lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

/** Reads a journal, each time from where the last read ended. */
export class JournalReader {
  readonly #path: string;
  /** Offset of the next line. */
  #offset = 0;
  #lines = 0;

  constructor(folder: string) {
    this.#path = Journal.path(folder);
  }

  /**
   * The next block of whole lines; empty: there are no more yet. An incomplete line is read again next time, since a writer whose disk is
   * full removes it.
   */
  read(): JournalLine[] {
    if (!existsSync(this.#path)) return [];
    const file = openSync(this.#path, 'r');
    try {
      let data = Buffer.alloc(0);
      for (;;) {
        const block = Buffer.alloc(BLOCK);
        const read = readSync(file, block, 0, BLOCK, this.#offset + data.length);
        if (read === 0) return [];
        data = Buffer.concat([data, block.subarray(0, read)]);
        const end = data.lastIndexOf(NEWLINE) + 1;
        if (end === 0) continue;
        this.#offset += end;
        const lines = data.toString('utf8', 0, end - 1).split('\n');
        return lines.map((line) => this.#decode(line));
      }
    } finally {
      closeSync(file);
    }
  }

  #decode(text: string): JournalLine {
    this.#lines += 1;
    try {
      return decodeLine(text);
    } catch (error) {
      throw new SeamlessError(
        'cache',
        `The journal ${this.#path} is damaged: line ${this.#lines} is not what was written. What is before it may be read by hand; remove the run with seamless runs remove.`,
        { cause: error },
      );
    }
  }

  /** All lines. */
  *all(): Generator<JournalLine> {
    for (let lines = this.read(); lines.length > 0; lines = this.read()) yield* lines;
  }
}
