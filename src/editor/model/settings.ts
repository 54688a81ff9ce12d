import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';

import { PRESET_IDS, type RangePresetId } from '../../present/ranges.js';

function settings(scope?: vscode.Uri): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration('seamless', scope);
}

/** The cache's folder, absolute, where the person set one: relative to the project root. Undefined: the default. */
export function cacheDirSetting(projectRoot: string): string | undefined {
  const folder = settings(vscode.Uri.file(projectRoot)).get<string>('cache.folder')?.trim();
  if (folder === undefined || folder === '') return undefined;
  return isAbsolute(folder) ? folder : join(projectRoot, folder);
}

/** Megabytes the child may use; undefined: no limit but the machine's. */
export function memorySetting(): number | undefined {
  const megabytes = settings().get<number>('memory');
  return megabytes !== undefined && megabytes > 0 ? Math.max(256, Math.round(megabytes)) : undefined;
}

/** Where a project's cache is and what its database may take: part of every request that opens it. */
export function cacheUse(projectRoot: string): {
  readonly cacheDir: string | undefined;
  readonly memoryMb: number | undefined;
} {
  return { cacheDir: cacheDirSetting(projectRoot), memoryMb: memorySetting() };
}

/** Limits of the cache, off until set. */
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

/** Whether CSV files are written so that no spreadsheet runs a text in them. */
export function exportsForSpreadsheets(projectRoot: string): boolean {
  return settings(vscode.Uri.file(projectRoot)).get<boolean>('export.spreadsheet') ?? false;
}

/** The range offered where a strategy has never been run. */
export function defaultRangeSetting(): RangePresetId {
  const id = settings().get<RangePresetId>('defaultRange');
  return id !== undefined && PRESET_IDS.includes(id) ? id : 'all';
}
