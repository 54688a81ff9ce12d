import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { nearHint } from '../../sdk/errors.js';
import type { ServiceLevel } from '../../sdk/providers/fetched.js';
import type { DataPresetSpec } from '../../sdk/providers/presets.js';
import { isWire } from '../../sdk/wire/transport.js';
import { parseYaml, type Contradiction, type SettingsKind } from '../../settings/checked-yaml.js';
import type { PresetNames } from '../../settings/completion.js';
import { PRESETS_FILE } from '../../settings/files.js';
import { presetsSchema, type DataPreset, type PresetsFile } from './schema.js';

/** Providers that the file readers serve; they can leave faulty rows out. */
const OF_ROWS: ReadonlySet<string> = new Set(['csv', 'parquet', 'sql']);

/** The presets of a project; none where it has no file of them. @throws SeamlessError `usage`, naming the line */
export function loadPresets(projectRoot: string): readonly DataPresetSpec[] {
  return loadPresetFile(projectRoot).specs;
}

/** The content of a project's presets file; nothing if there is none. @throws SeamlessError `usage`, naming the line */
export function loadPresetFile(projectRoot: string): {
  readonly specs: readonly DataPresetSpec[];
  /** By name. */
  readonly levels: Readonly<Record<string, ServiceLevel>>;
} {
  let text: string;
  try {
    text = readFileSync(join(projectRoot, PRESETS_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { specs: [], levels: {} };
    throw error;
  }
  const presets = parseYaml(text, PRESETS_FILE, presetsSchema, contradictionIn);
  return { specs: specsOf(presets), levels: presets.sla };
}

/** The names in a presets file, as far as it can be parsed: for files that refer to them. */
export function presetNamesIn(text: string): PresetNames {
  const file = parseDocument(text).toJS() as Partial<Record<'data' | 'sla', object | null>> | null;
  const names = (part: object | null | undefined): string[] =>
    typeof part === 'object' && part !== null ? Object.keys(part) : [];
  return { data: names(file?.data), sla: names(file?.sla) };
}

/** The content of a presets file. @throws SeamlessError `usage`, naming the line */
export function parsePresets(text: string, file: string): readonly DataPresetSpec[] {
  return specsOf(parseYaml(text, file, presetsSchema, contradictionIn));
}

/** The presets file as an editor has it. */
export const presetSettings: SettingsKind = {
  schemaFor: () => presetsSchema,
  namesIn: (file, [section, , field]) =>
    section === 'data' && (field === 'sla' || field === 'conformance')
      ? Object.keys((file as Partial<PresetsFile> | null)?.[field] ?? {})
      : [],
  check: parsePresets,
};

function specsOf(presets: PresetsFile): readonly DataPresetSpec[] {
  return Object.entries(presets.data).map(([id, preset]) => specOf(id, preset, presets));
}

function specOf(id: string, preset: DataPreset, { sla, conformance }: PresetsFile): DataPresetSpec {
  const { provider, options, pinned, interval, intervalMs, stabilizationBars } = preset;
  const checks = preset.conformance === undefined ? undefined : conformance[preset.conformance];
  const level = preset.sla === undefined ? undefined : sla[preset.sla];
  return {
    id,
    intervalMs: intervalMs ?? (interval ?? 0) * 1000,
    provider,
    options: {
      ...options,
      ...(stabilizationBars !== undefined && { stabilizationBars }),
      ...(checks && { conformance: checks.mode, ...(checks.snap !== undefined && { snap: checks.snap }) }),
    },
    pinned,
    ...(preset.sla !== undefined && level && { slaPreset: preset.sla, sla: level }),
  };
}

function contradictionIn({ data, sla, conformance }: PresetsFile): Contradiction | null {
  for (const [id, preset] of Object.entries(data)) {
    const at = ['data', id];
    const { interval, intervalMs, provider } = preset;
    if ((interval === undefined) === (intervalMs === undefined))
      return {
        path: at,
        text: `${id} must have an interval, such as "interval: 1m" or "intervalMs: 60000", but not both`,
      };
    const unknown =
      unknownName(preset.sla, sla, 'sla') ?? unknownName(preset.conformance, conformance, 'conformance');
    if (unknown) return { path: [...at, unknown.field], text: `${id} names ${unknown.text}` };
    if (isWire(provider) && preset.options['stabilizationBars'] !== undefined)
      return {
        path: [...at, 'options', 'stabilizationBars'],
        text: `stabilizationBars of ${id} belongs beside provider, not among its options`,
      };
    if (preset.stabilizationBars !== undefined && !isWire(provider))
      return {
        path: [...at, 'stabilizationBars'],
        text: `stabilizationBars is for wires, but ${id} reads ${provider}: remove it`,
      };
    if (preset.conformance !== undefined && !OF_ROWS.has(provider))
      return {
        path: [...at, 'conformance'],
        text: `conformance is for files and queries, but ${id} reads ${provider}, which is always strict: remove it`,
      };
  }
  for (const [name, { miss, deadline }] of Object.entries(sla)) {
    if (miss === 'hold' && deadline === undefined)
      return {
        path: ['sla', name],
        text: `${name} waits until its deadline but has none: add one, such as "deadline: 60s"`,
      };
  }
  return null;
}

function unknownName(
  name: string | undefined,
  known: Readonly<Record<string, unknown>>,
  field: string,
): { field: string; text: string } | null {
  if (name === undefined || Object.hasOwn(known, name)) return null;
  const names = Object.keys(known);
  const hint = nearHint(
    name,
    names,
    names.length > 0 ? `there is ${names.join(', ')}` : `add it under "${field}:"`,
  );
  return { field, text: `${field} ${JSON.stringify(name)}, which does not exist: ${hint}` };
}
