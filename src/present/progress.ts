import * as l10n from '@vscode/l10n';

import type { RunProgress } from '../engine/run/reporting/report.js';
import { formatBytes, formatCount, formatDuration } from './format.js';

/** A run's progress in the words of terminal and editor. Null: nothing to report yet. */
export interface ProgressText {
  /** Between 0 and 1. */
  readonly fraction: number | null;
  /** `34 %` */
  readonly percent: string | null;
  /** `computing fast`, or what the run waits for. */
  readonly what: string;
  /** The node being computed. */
  readonly node: string | null;
  /** `12 s left` */
  readonly left: string | null;
  /** `3,400 of 10,000 bars`; for a file being hashed, `120 MB of 281 MB`. */
  readonly bars: string | null;
}

/** Progress of which nothing is counted yet. */
export function uncounted(what: string, node: string | null = null): ProgressText {
  return { fraction: null, percent: null, what, node, left: null, bars: null };
}

/** `34 % · computing fast · 3,400 of 10,000 bars · 12 s left` */
export function progressLine({ percent, what, bars, left }: ProgressText): string {
  return [percent, what, bars, left].filter((each) => each !== null).join(' · ');
}

/** Shown instead of a strategy's state while it is checked: `checking…`, `checking prices.csv 45 %`. */
export function checkingText({ what, percent }: ProgressText): string {
  return percent === null ? what : `${what} ${percent}`;
}

/** Puts the progress of one run into words. */
export class ProgressWords {
  /** Time and bars at the first count, from which the remaining time is estimated. */
  #since: { readonly time: number; readonly done: number } | null = null;

  #checks = false;

  /** @param now milliseconds of a monotonic clock */
  of(progress: RunProgress, now: number): ProgressText {
    const { done, total, phase } = progress;
    // The rest of a file says nothing about the rest of the run.
    const checks = phase === 'checking';
    if (checks !== this.#checks) this.#since = null;
    this.#checks = checks;
    const what = whatOf(progress);
    const node = phase === 'waiting' || checks ? null : progress.node;
    if (total <= 0) return uncounted(what, node);
    this.#since ??= { time: now, done };
    const fraction = Math.min(1, done / total);
    return {
      fraction,
      percent: `${Math.floor(fraction * 100)} %`,
      what,
      node,
      left: this.#timeLeft(done, total, now),
      bars: checks
        ? l10n.t('{0} of {1}', formatBytes(done), formatBytes(total))
        : l10n.t('{0} of {1} bars', formatCount(done), formatCount(total)),
    };
  }

  #timeLeft(done: number, total: number, now: number): string | null {
    const { time = now, done: before = 0 } = this.#since ?? {};
    const elapsed = now - time;
    // The first second is mostly warm-up.
    if (elapsed < 1000 || done <= before) return null;
    const seconds = Math.ceil((elapsed * (total - done)) / (done - before) / 1000);
    return l10n.t('{0} left', formatDuration(seconds * 1000).replace('.0 s', ' s'));
  }
}

function whatOf({ phase, node }: RunProgress): string {
  switch (phase) {
    case 'waiting':
      return node ?? l10n.t('waiting for the cache');
    case 'checking':
      return node === null ? l10n.t('checking…') : l10n.t('checking {0}', node);
    case 'loading':
      return node === null ? l10n.t('loading') : l10n.t('loading {0}', node);
    case 'reading':
      return node === null ? l10n.t('reading') : l10n.t('reading {0}', node);
    case 'computing':
      return node === null ? l10n.t('computing') : l10n.t('computing {0}', node);
    case 'storing':
      return node === null ? l10n.t('storing') : l10n.t('storing {0}', node);
  }
}
