import * as l10n from '@vscode/l10n';

import type { RunState } from '../../live/journal/runs.js';
import type { Mode } from '../../sdk/live/live.js';
import { formatTime } from '../../sdk/time/time.js';
import type { TradingReport } from '../../protocol/live-results.js';

/** A mode's badge: capitals distinguish it where colours do not. */
export function modeText(mode: Mode | null): string {
  if (mode === null) return '';
  const texts: Readonly<Record<Mode, string>> = {
    backtest: l10n.t('BACKTEST'),
    paper: l10n.t('PAPER'),
    live: l10n.t('LIVE'),
    shadow: l10n.t('SHADOW'),
  };
  return texts[mode];
}

export function stateText(state: RunState): string {
  const texts: Readonly<Record<RunState, string>> = {
    running: l10n.t('running'),
    finished: l10n.t('finished'),
    failed: l10n.t('failed'),
    'cut off': l10n.t('cut off'),
    unreadable: l10n.t('cannot be read'),
  };
  return texts[state];
}

/** Warnings about a run's numbers; none: they are complete. */
export function cautions(report: TradingReport): string[] {
  const { state, problem, outcome, mode, inactive, faults } = report;
  const sentences: string[] = [];
  if (state === 'running') sentences.push(l10n.t('The run is still active: these are its numbers so far.'));
  if (state === 'cut off' && mode === 'backtest')
    sentences.push(l10n.t('The backtest has not ended, so it has no numbers. Start it again.'));
  else if (state === 'cut off') {
    const resume = `seamless run … --world ${report.world} --resume ${report.run}`;
    sentences.push(l10n.t('The run was interrupted. To continue it: {0}.', resume));
  }
  if (state === 'failed') sentences.push(l10n.t('The run failed: {0}', problem ?? ''));
  if (!outcome && !(state === 'cut off' && mode === 'backtest') && state !== 'failed')
    sentences.push(l10n.t('No slot has closed yet.'));
  if (outcome?.fills === 0 && inactive === null && state === 'running')
    sentences.push(l10n.t('No order was filled yet.'));
  else if (outcome?.fills === 0)
    sentences.push(
      inactive === null
        ? l10n.t('No order was filled: no decision changed a position by enough to trade.')
        : l10n.t('No order was filled. {0}', inactive),
    );
  for (const { node, asOf, message } of faults)
    sentences.push(l10n.t('{0} failed at {1}: {2}', node, formatTime(asOf), message));
  return sentences;
}

export function monthNames(): string[] {
  return [
    l10n.t('Jan'),
    l10n.t('Feb'),
    l10n.t('Mar'),
    l10n.t('Apr'),
    l10n.t('May'),
    l10n.t('Jun'),
    l10n.t('Jul'),
    l10n.t('Aug'),
    l10n.t('Sep'),
    l10n.t('Oct'),
    l10n.t('Nov'),
    l10n.t('Dec'),
  ];
}
