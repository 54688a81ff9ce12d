import { didYouMean, SeamlessError } from '../errors.js';
import type { Fetched, FetchOptions, HeldTo, ServiceLevel } from './fetched.js';
import type { HistoryProvider } from './providers.js';
import { formatInterval, type Seconds, type TimeInput } from '../time/time.js';
import { isWire, STABILIZATION_BARS, withTransport } from '../wire/transport.js';

/** A named source of bars for `preset(id)`. */
export interface DataPresetSpec {
  readonly id: string;
  readonly intervalMs: number;
  /** Name of the source's service level. */
  readonly slaPreset?: string;
  readonly sla?: ServiceLevel;
  readonly provider: 'csv' | 'parquet' | 'sql' | 'demo' | 'http' | 'postgres' | 'ccxt';
  readonly options: Readonly<Record<string, unknown>>;
  /** See `HistoryProvider.pinned`. Default: false. */
  readonly pinned?: boolean;
}

const presets = new Map<string, DataPresetSpec>();

/** Presets of the project's file; null: it was not read. */
let ofFile: { readonly specs: ReadonlyMap<string, DataPresetSpec>; readonly problem: string | null } | null =
  null;

/** Registers a preset for `preset(id)`. The same id replaces an earlier preset, also one from the project's file. */
export function definePreset(spec: DataPresetSpec): void {
  if (!Number.isInteger(spec.intervalMs / 1000) || spec.intervalMs <= 0) {
    throw new SeamlessError(
      'interval',
      `Preset ${spec.id} has intervalMs ${spec.intervalMs}: it must be a positive whole number of seconds, in milliseconds.`,
    );
  }
  presets.set(spec.id, spec);
}

/** Forgets all presets, so that none leaks from one strategy to the next in the same process. */
export function clearPresets(): void {
  presets.clear();
}

/** Registers the presets of a project's file. @param problem why it cannot be read: reported when a preset is asked for */
export function usePresets(specs: readonly DataPresetSpec[], problem: string | null): void {
  ofFile = { specs: new Map(specs.map((spec) => [spec.id, spec])), problem };
}

/** A preset's history, as a stream reads it. */
export class PresetHistory implements HistoryProvider {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly transport: Readonly<Record<string, unknown>>;
  readonly spec: DataPresetSpec;
  readonly pinned: boolean;

  constructor(spec: DataPresetSpec) {
    this.spec = spec;
    this.kind = spec.provider;
    const { options, transport = {} } = withTransport(spec.provider, spec.options);
    this.options = options;
    this.transport = transport;
    this.pinned = spec.pinned ?? false;
  }

  get interval(): Seconds {
    return this.spec.intervalMs / 1000;
  }

  get held(): HeldTo | undefined {
    const { id, sla, slaPreset = null, provider, options } = this.spec;
    if (!sla) return undefined;
    const unsettled = isWire(provider) ? Number(options['stabilizationBars'] ?? STABILIZATION_BARS) : 0;
    return { preset: id, name: slaPreset, level: sla, unsettled };
  }

  /** @throws SeamlessError `interval` when a node wants another interval than the preset's */
  checkInterval(node: string, interval: Seconds): void {
    if (this.interval === interval) return;
    throw new SeamlessError(
      'interval',
      `${node} has interval ${formatInterval(interval)}, but its preset ${this.spec.id} holds bars of ${formatInterval(this.interval)}: give the node that interval, or choose another preset.`,
      { node },
    );
  }
}

type FetchRows = (
  preset: string | DataPresetSpec,
  start: TimeInput,
  end: TimeInput,
  options: FetchOptions,
) => Promise<Fetched>;

let fetchRows: FetchRows | null = null;

/** Sets how rows are fetched: the SDK itself cannot import the client. */
export function fetchWith(fetch: FetchRows): void {
  fetchRows = fetch;
}

/** A preset: the history of a stream, or bars that a script fetches through the same engine as materialization. */
export class SeamlessDataProvider {
  readonly id: string;
  readonly #spec: DataPresetSpec | null;

  /** @param preset its definition; in a script also its name in the project's `seamless.presets.yaml` */
  constructor(preset: DataPresetSpec | string) {
    this.id = typeof preset === 'string' ? preset : preset.id;
    this.#spec = typeof preset === 'string' ? null : preset;
  }

  /** What a stream reads. @throws SeamlessError `source` if only the name is known */
  get history(): PresetHistory {
    if (this.#spec) return new PresetHistory(this.#spec);
    throw noPreset(this.id, []);
  }

  /**
   * The bars with an open in `[start, end)`: from the cache, and missing ones from the source, which are then cached.
   * @throws ComputeOnlyViolation while a strategy is materialized
   * @throws SeamlessError `source` for an unreadable source, an unknown preset or a missed service level; `time` or `range` for
   * an invalid range; `cancelled`
   */
  fetch(start: TimeInput, end: TimeInput, options: FetchOptions = {}): Promise<Fetched> {
    if (fetchRows) return fetchRows(this.#spec ?? this.id, start, end, options);
    return Promise.reject(
      new SeamlessError(
        'usage',
        'SeamlessDataProvider.fetch is called from a script that imports seamless-dag.',
      ),
    );
  }
}

/** The provider of a preset. @throws SeamlessError `source` suggesting similar names */
export function preset(id: string): SeamlessDataProvider {
  const spec = presets.get(id) ?? ofFile?.specs.get(id);
  if (spec) return new SeamlessDataProvider(spec);
  // In a script, the child reads the file.
  if (!ofFile) return new SeamlessDataProvider(id);
  if (ofFile.problem !== null) throw new SeamlessError('usage', ofFile.problem);
  throw noPreset(id, [...presets.keys(), ...ofFile.specs.keys()]);
}

/** @param known names of all presets */
export function noPreset(id: string, known: readonly string[]): SeamlessError {
  const hint = didYouMean(
    id,
    known,
    known.length > 0 ? `Known: ${known.join(', ')}.` : 'None is defined yet.',
  );
  return new SeamlessError(
    'source',
    `There is no preset ${JSON.stringify(id)}. ${hint} Define one in seamless.presets.yaml, or with definePreset({ id, intervalMs, provider, options }).`,
  );
}
