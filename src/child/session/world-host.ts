import type {
  GraphDescription,
  NodeDescription,
  SourceDescription,
  StrategyHost,
} from '../../engine/ports/host.js';
import type { World } from '../../live/world/schema.js';
import { didYouMean, SeamlessError } from '../../sdk/errors.js';
import type { HeldTo, ServiceLevel } from '../../sdk/providers/fetched.js';
import { noPreset, PresetHistory, type DataPresetSpec } from '../../sdk/providers/presets.js';
import { isWire, STABILIZATION_BARS } from '../../sdk/wire/transport.js';
import { loadPresetFile } from '../../sources/presets/load.js';

/** A project's presets, as a world refers to them. */
interface Presets {
  readonly specs: readonly DataPresetSpec[];
  readonly levels: Readonly<Record<string, ServiceLevel>>;
}

/**
 * A host whose streams use the sources and service levels that a world sets.
 * @throws SeamlessError when it describes: `usage` for an unknown stream, `source` for a preset, `interval` for another interval
 */
export function inWorld<T extends StrategyHost>(host: T, world: World, projectRoot: string): T {
  const { data, sla } = world.presets;
  if (Object.keys({ ...data, ...sla }).length === 0) return host;
  const presets = loadPresetFile(projectRoot);
  return new Proxy(host, {
    get(target, name) {
      if (name === 'describe') return async () => described(await target.describe(), world, presets);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function described(graph: GraphDescription, world: World, presets: Presets): GraphDescription {
  const { name, presets: wanted } = world;
  const streams = graph.nodes.filter(({ kind }) => kind === 'stream');
  for (const stream of Object.keys({ ...wanted.data, ...wanted.sla })) {
    if (streams.some((node) => node.name === stream)) continue;
    const names = streams.map((node) => node.name);
    const hint = didYouMean(stream, names, `It has ${names.join(', ')}.`);
    throw new SeamlessError(
      'usage',
      `World ${name} names presets of ${stream}, but ${graph.strategy} has no such stream. ${hint}`,
    );
  }
  const nodes = graph.nodes.map((node): NodeDescription => {
    if (node.kind !== 'stream' || !node.source) return node;
    const id = wanted.data[node.name];
    const read = id === undefined ? node : withPreset(node, graph, specOf(id, presets));
    const level = wanted.sla[node.name];
    return level === undefined
      ? read
      : heldTo(read, id ?? null, level, presets.levels[level] as ServiceLevel);
  });
  return { ...graph, nodes };
}

function specOf(id: string, { specs }: Presets): DataPresetSpec {
  const spec = specs.find((each) => each.id === id);
  if (spec) return spec;
  throw noPreset(
    id,
    specs.map((each) => each.id),
  );
}

function withPreset(node: NodeDescription, graph: GraphDescription, spec: DataPresetSpec): NodeDescription {
  const history = new PresetHistory(spec);
  const interval = node.interval ?? graph.interval ?? history.interval;
  history.checkInterval(node.name, interval);
  const { kind, options, transport, pinned, held } = history;
  const source: SourceDescription = {
    kind,
    options,
    transport,
    ...(pinned && { pinned }),
    ...(held && { held }),
  };
  const { location } = node;
  return { ...node, location, interval, label: kind, own: { hash: 'built-in' }, source };
}

function heldTo(
  node: NodeDescription,
  id: string | null,
  name: string,
  level: ServiceLevel,
): NodeDescription {
  const source = node.source as SourceDescription;
  const { kind, transport, held: before } = source;
  const unsettled = isWire(kind) ? Number(transport?.['stabilizationBars'] ?? STABILIZATION_BARS) : 0;
  const held: HeldTo = { preset: before?.preset ?? id, stream: node.name, name, level, unsettled };
  return { ...node, location: node.location, source: { ...source, held } };
}
