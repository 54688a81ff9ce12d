import type { RunProgress } from '../engine/run/reporting/report.js';
import type { LogLine } from '../protocol/messages.js';
import { ProgressWords } from '../present/progress.js';
import type { Paint } from './table.js';
import type { Output } from './terminal.js';
import { visible, visibleLines } from '../present/visible.js';

/** A bar is drawn at most ten times a second; a log file gets a line at most every two seconds. */
const BAR_PAUSE_MS = 100;
const LINE_PAUSE_MS = 2000;

const BAR_WIDTH = 24;
const CLEAR_LINE = '\r\u001b[2K';

/** Milliseconds that only grow. */
type Clock = () => number;

/** Shows a run's progress: a bar in a terminal, else occasional lines. */
export class ProgressView {
  readonly #output: Output;
  readonly #paint: Paint;
  readonly #clock: Clock;
  #bar = '';
  #shownAt: number;
  readonly #words = new ProgressWords();

  constructor(output: Output, paint: Paint, clock: Clock = () => performance.now()) {
    this.#output = output;
    this.#paint = paint;
    this.#clock = clock;
    // Short runs write no lines into a log file.
    this.#shownAt = output.isTTY ? -Infinity : clock();
  }

  update(progress: RunProgress): void {
    const now = this.#clock();
    const { percent, what, left, bars } = this.#words.of(progress, now);
    if (now - this.#shownAt < (this.#output.isTTY ? BAR_PAUSE_MS : LINE_PAUSE_MS)) return;
    this.#shownAt = now;
    // A narrow terminal cuts off the end.
    const words = visible([percent, what, left, bars].filter((each) => each !== null).join(' · '));
    if (this.#output.isTTY) this.#draw(this.#fit(this.#barOf(progress), words));
    else this.#output.write(`${words}\n`);
  }

  /** Prints a line above the bar. */
  log({ text }: Pick<LogLine, 'text'>): void {
    const bar = this.#bar;
    this.end();
    this.#output.write(`${visibleLines(text)}\n`);
    if (bar !== '') this.#draw(bar);
  }

  /** Removes the bar. */
  end(): void {
    if (this.#bar !== '') this.#output.write(CLEAR_LINE);
    this.#bar = '';
  }

  #draw(bar: string): void {
    this.#bar = bar;
    this.#output.write(CLEAR_LINE + bar);
  }

  #barOf({ done, total }: RunProgress): string {
    const full = total > 0 ? Math.round(Math.min(1, done / total) * BAR_WIDTH) : 0;
    return `${this.#paint('cyan', '█'.repeat(full))}${this.#paint('dim', '░'.repeat(BAR_WIDTH - full))} `;
  }

  /** A bar that wraps could not be overwritten. */
  #fit(bar: string, words: string): string {
    const room = (this.#output.columns || 80) - BAR_WIDTH - 2;
    return bar + (words.length > room ? `${words.slice(0, Math.max(0, room - 1))}…` : words);
  }
}
