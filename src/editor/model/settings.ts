import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';

import { PRESET_IDS, type RangePresetId } from '../../present/ranges.js';

function settings(scope?: vscode.Uri): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration('seamless', scope);
}

/** The configured cache folder as an absolute path (relative ones start at the project root). Undefined: the default. */
export function cacheDirSetting(projectRoot: string): string | undefined {
  const folder = settings(vscode.Uri.file(projectRoot)).get<string>('cache.folder')?.trim();
  if (folder === undefined || folder === '') return undefined;
  return isAbsolute(folder) ? folder : join(projectRoot, folder);
}

/** The child's memory limit in megabytes; undefined: only the machine's. */
export function memorySetting(): number | undefined {
  const megabytes = settings().get<number>('memory');
  return megabytes !== undefined && megabytes > 0 ? Math.max(256, Math.round(megabytes)) : undefined;
}

/** The cache's folder and its database's memory limit: part of every request that opens it. */
export function cacheUse(projectRoot: string): {
  readonly cacheDir: string | undefined;
  readonly memoryMb: number | undefined;
} {
  return { cacheDir: cacheDirSetting(projectRoot), memoryMb: memorySetting() };
}

/** Limits of the cache; off by default. */
export function cacheLimits(projectRoot: string): { maxBytes?: number; maxAgeDays?: number } {
  const scope = vscode.Uri.file(projectRoot);
  const size = settings(scope).get<number>('cache.maxSizeMB') ?? 0;
  const age = settings(scope).get<number>('cache.maxAgeDays') ?? 0;
  return { ...(size > 0 && { maxBytes: size * 1e6 }), ...(age > 0 && { maxAgeDays: age }) };
}

export function describesOnSave(): boolean {
  return settings().get<boolean>('describeOnSave') ?? true;
}

export function showsLenses(): boolean {
  return settings().get<boolean>('codeLens') ?? true;
}

/** Whether CSV exports protect against formulas in spreadsheets. */
export function exportsForSpreadsheets(projectRoot: string): boolean {
  return settings(vscode.Uri.file(projectRoot)).get<boolean>('export.spreadsheet') ?? false;
}

/** The default range for a strategy that never ran. */
export function defaultRangeSetting(): RangePresetId {
  const id = settings().get<RangePresetId>('defaultRange');
  return id !== undefined && PRESET_IDS.includes(id) ? id : 'all';
}
