import * as vscode from 'vscode';

import type { Span } from '../../engine/run/reporting/report.js';
import { parseTypedRange, presetsOrigin, rangePresets } from '../../present/ranges.js';
import { SeamlessError } from '../../sdk/errors.js';
import { formatRange, type Range } from '../../sdk/time/time.js';
import { defaultRangeSetting } from '../model/settings.js';
import type { StrategyEntry } from '../model/strategies.js';

interface RangeItem extends vscode.QuickPickItem {
  readonly range?: Range;
}

/**
 * Asks for a range: a recent one, a preset, or a typed one that is checked while typing.
 * @param bounds the bounds of the sources; presets that need them appear once they are known
 * @returns null when cancelled
 */
export async function pickRange(entry: StrategyEntry, bounds: Promise<Span | null>): Promise<Range | null> {
  const picker = vscode.window.createQuickPick<RangeItem>();
  picker.title = vscode.l10n.t('Choose the range to materialize {0} over', entry.name);
  picker.placeholder = vscode.l10n.t('Choose or type a range: 2023-03-01 → 2023-03-22 (UTC, exclusive end)');
  picker.matchOnDescription = true;
  // Undefined until known: a preset must not change its end while it is listed.
  let data: Span | null | undefined = entry.data ?? undefined;
  const show = (): void => {
    picker.items = [...typed(picker.value), ...offered(entry, data)];
    const first = preferred(picker.items, picker.value === '' && entry.lastRanges.length === 0);
    picker.activeItems = first ? [first] : [];
  };
  picker.busy = true;
  const asked = bounds.then((known) => {
    data = known;
    picker.busy = false;
    show();
  });
  show();
  picker.onDidChangeValue(show);
  try {
    return await new Promise<Range | null>((resolve, reject) => {
      asked.catch(reject);
      picker.onDidAccept(() => {
        const [chosen] = picker.selectedItems;
        if (chosen?.range) resolve(chosen.range);
      });
      picker.onDidHide(() => resolve(null));
      picker.show();
    });
  } finally {
    picker.dispose();
  }
}

/** The typed range, or what is wrong with it, always visible. */
function typed(value: string): RangeItem[] {
  if (value.trim() === '' || /^[\p{L}]/u.test(value.trim())) return [];
  try {
    const range = parseTypedRange(value);
    return [
      {
        label: `$(calendar) ${formatRange(range)}`,
        description: vscode.l10n.t('typed'),
        alwaysShow: true,
        range,
      },
    ];
  } catch (error) {
    if (!(error instanceof SeamlessError)) throw error;
    // A list item is cut off if it is too long, so the advice goes into a second line.
    const [wrong = '', ...rest] = error.message.split(': ');
    return [{ label: `$(error) ${wrong}`, detail: rest.join(': '), alwaysShow: true }];
  }
}

function offered({ lastRanges }: StrategyEntry, data: Span | null | undefined): RangeItem[] {
  const last = lastRanges.slice(0, 5).map(([start, end]): RangeItem => {
    const range = { start, end };
    return { label: `$(history) ${formatRange(range)}`, range };
  });
  const heading = (label: string): RangeItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const lately = last.length > 0 ? [heading(vscode.l10n.t('last ranges')), ...last] : [];
  if (data === undefined) {
    const label = `$(loading~spin) ${vscode.l10n.t('Reading the sources…')}`;
    return [...lately, heading(vscode.l10n.t('presets')), { label }];
  }
  const now = Date.now() / 1000;
  const presets = rangePresets(data, now).map(({ label, range, id }): RangeItem & { id: string } => ({
    label: `$(calendar) ${label}`,
    description: formatRange(range),
    range,
    id,
  }));
  return [...lately, heading(vscode.l10n.t('presets, {0}', presetsOrigin(data, now))), ...presets];
}

/** What Enter accepts: the default range for a strategy that never ran, else the first valid one. */
function preferred(items: readonly RangeItem[], wantsDefault: boolean): RangeItem | undefined {
  const wanted = defaultRangeSetting();
  const preset = items.find((item) => 'id' in item && item.id === wanted);
  if (wantsDefault && preset) return preset;
  return items.find(({ range }) => range !== undefined);
}
