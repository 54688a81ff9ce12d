import { open, url, waitForDebugger } from 'node:inspector';
import type { MessagePort } from 'node:worker_threads';

import { canonicalJson } from '../../engine/fingerprint/fingerprints.js';
import type { ComputeRequest, NodeDescription, SourceDescription } from '../../engine/ports/host.js';
import type { SourceReader } from '../../engine/ports/source.js';
import {
  loadHost,
  type HostSurroundings,
  type LoadedHost,
  type OpenedHost,
} from '../../hosts/typescript/open-host.js';
import { authorLocation, describeLocation, unmappedFrames } from '../../hosts/typescript/sandbox/author.js';
import { ownMethods } from '../../hosts/typescript/wall/own-methods.js';
import { serializeError } from '../../protocol/wire-error.js';
import { usePresets } from '../../sdk/providers/presets.js';
import { SeamlessError, type SourceLocation } from '../../sdk/errors.js';
import type { Table } from '../../sdk/table.js';
import type {
  CallKind,
  CallMessage,
  Calls,
  Output,
  PackedStrategy,
  SentNode,
  ThreadMessage,
} from './messages.js';
import { packNodes } from './messages.js';
import { SharedMemoryUse } from '../session/let-go.js';
import { ResultPacker } from './result-messages.js';
import { shareTable } from './share.js';
import { SlotThread } from './slot-thread.js';

/** Where the strategy is, to recognize its stack frames. */
interface Place {
  projectRoot: string;
  bundlePath: string;
}

/** A call in progress. Unlike an `AbortSignal`, author code cannot affect it. */
interface Work {
  readonly id: number;
  aborted: boolean;
}

/** What is sent as the result of a call. */
type Sent<K extends CallKind> = K extends 'open' ? PackedStrategy : Calls[K]['result'];

type Handlers = {
  readonly [K in CallKind]: (payload: Calls[K]['payload'], work: Work) => Promise<Sent<K>> | Sent<K>;
};

/** Answers the main thread's calls. */
export class ThreadService {
  readonly #post: (message: ThreadMessage) => void;
  readonly #place: Place;
  readonly #around: HostSurroundings;
  readonly #work = new Map<number, Work>();
  readonly #memory = new SharedMemoryUse();
  readonly #slots = new SlotThread();
  readonly #sources: SourceReader[] = [];
  readonly #readings = new Map<number, AsyncIterator<Table>>();
  /** What is being computed. */
  #before: Promise<void> = Promise.resolve();
  #readingsBegun = 0;
  #loaded: LoadedHost | null = null;
  #opened: OpenedHost | null = null;
  readonly #handlers: Handlers = {
    load: (payload) => this.#load(payload),
    open: (found) => this.#open(found),
    inspect: (_, work) => this.#inspect(work),
    compute: (requests, work) => this.#inTurn(() => this.#compute(requests, work)),
    beginSlots: (payload) => this.#slots.begin(this.#host, payload),
    closeSlots: (payload) => this.#slots.close(payload),
    settle: () => this.#host.settle(),
    parts: (nodes) => Promise.all(nodes.map(async (node) => await this.#host.partsOf(node))),
    openSource: (stream) => this.#sources.push(this.#host.openSource(stream, this.#around.context)) - 1,
    version: (source) => this.#source(source).version(),
    bounds: (source) => this.#source(source).bounds(),
    read: ({ source, range }) => {
      this.#readings.set(++this.#readingsBegun, this.#source(source).read(range)[Symbol.asyncIterator]());
      return this.#readingsBegun;
    },
    next: async (reading) => {
      const step = await this.#readings.get(reading)?.next();
      if (step && !step.done) return shareTable(step.value);
      this.#readings.delete(reading);
      return null;
    },
    providerReads: () => this.#around.context.fileReads.provided,
    stop: async (reading) => {
      await this.#readings.get(reading)?.return?.();
      this.#readings.delete(reading);
      return null;
    },
  };

  constructor(port: MessagePort, place: Place, around: HostSurroundings) {
    ownMethods(port);
    this.#post = port.postMessage.bind(port) as (message: ThreadMessage) => void;
    this.#place = place;
    this.#around = around;
    this.#post({ type: 'ready', id: 0 });
    port.on('message', (message: CallMessage) => around.context.asHost(() => this.#receive(message)));
  }

  /** Printed output uses the same port as answers, so that it arrives before them. */
  print(to: Output, text: string): void {
    this.#post({ type: 'print', id: 0, to, text });
  }

  /** An error that author code left behind in a timer or a promise. */
  strayed(error: Error): void {
    this.#post({ type: 'stray', id: 0, error: serializeError(this.#explained(error)) });
  }

  #receive(message: CallMessage): void {
    if (message.type === 'cancel') {
      const work = this.#work.get(message.id);
      if (work) work.aborted = true;
      return;
    }
    void this.#answer(message);
  }

  async #answer({ id, kind, payload }: CallMessage & { type: 'call' }): Promise<void> {
    const work: Work = { id, aborted: false };
    this.#work.set(id, work);
    try {
      const handler = this.#handlers[kind] as (payload: unknown, work: Work) => unknown;
      const value = await handler(payload, work);
      this.#post({ type: 'result', id, value });
    } catch (error) {
      this.#post({ type: 'error', id, error: serializeError(error) });
    } finally {
      this.#work.delete(id);
    }
  }

  /** A node that yields to the event loop lets no other node begin. */
  async #inTurn(work: () => Promise<null>): Promise<null> {
    const before = this.#before;
    let end: () => void = () => undefined;
    this.#before = new Promise((resolve) => (end = resolve));
    await before;
    try {
      return await work();
    } finally {
      end();
    }
  }

  async #compute(requests: readonly ComputeRequest[], work: Work): Promise<null> {
    const { id } = work;
    const results = new ResultPacker((sent) => this.#post({ type: 'computed', id, results: sent }));
    try {
      await this.#host.computeAll(
        requests,
        {
          computed: (at, result) => {
            const { ts, columns } = result.table;
            this.#memory.made(ts.byteLength * columns.length);
            results.add(at, result);
          },
          progress: (at, done) => {
            results.flush();
            this.#post({ type: 'progress', id, at, done });
          },
        },
        work,
      );
    } finally {
      results.flush();
    }
    return null;
  }

  async #load(payload: Calls['load']['payload']): Promise<Calls['load']['result']> {
    this.#place.projectRoot = payload.projectRoot;
    this.#place.bundlePath = payload.bundle.codePath;
    usePresets(payload.presets.specs, payload.presets.problem);
    this.#loaded = await loadHost(payload, this.#around);
    return this.#loaded.unknown.map((each) => ({ ...each, source: plainSource(each.source) }));
  }

  async #open(found: Calls['open']['payload']): Promise<PackedStrategy> {
    if (!this.#loaded) throw new SeamlessError('internal', 'No strategy was loaded in this thread.');
    this.#opened = this.#loaded.open(new Map(found));
    const { strategy, interval, period, nodes, trades = [] } = await this.#host.describe();
    const frames = unmappedFrames(this.#host.origins);
    return {
      className: strategy,
      interval,
      period,
      trades,
      nodes: packNodes(toSend(nodes, frames, (index) => this.#host.hasAuthorCode(index))),
      sawHidden: this.#around.context.sawHidden,
      read: this.#around.context.fileReads.made,
    };
  }

  /** While the debugger holds it, this thread receives nothing. */
  #inspect({ id }: Work): null {
    // Port 0: any free one.
    open(0, '127.0.0.1');
    this.#post({ type: 'inspect', id, url: url() ?? '' });
    waitForDebugger();
    return null;
  }

  get #host(): OpenedHost['host'] {
    if (this.#opened) return this.#opened.host;
    throw new SeamlessError('internal', 'No strategy was loaded in this thread.');
  }

  #source(source: number): SourceReader {
    const found = this.#sources[source];
    if (found) return found;
    throw new SeamlessError('internal', `There is no source ${source} in this thread.`);
  }

  #explained(stray: Error): Error {
    if (stray instanceof SeamlessError) return stray;
    const { projectRoot, bundlePath } = this.#place;
    const location = authorLocation(stray, projectRoot, bundlePath);
    const at = location ? ` at ${describeLocation(location, projectRoot)}` : '';
    return new SeamlessError(
      'strategy',
      `Code that the strategy left running, in a timer or a promise, threw${at}: ${stray.message}. A strategy must be done when its functions return.`,
      { location: location ?? undefined, cause: stray },
    );
  }
}

/** Nodes as they are sent, one after the other: of ten thousand, few are kept. */
function* toSend(
  nodes: readonly NodeDescription[],
  frames: readonly (readonly SourceLocation[])[],
  authored: (index: number) => boolean,
): Generator<SentNode> {
  let windows: SentNode['windows'] = [];
  for (const [index, node] of nodes.entries()) {
    if (!areWindowsOf(windows, node)) windows = node.inputs.map(({ node: _at, ...window }) => window);
    yield {
      name: node.name,
      kind: node.kind,
      label: node.label,
      interval: node.interval,
      calendar: node.calendar ?? null,
      anchor: node.anchor ?? null,
      leastHistory: node.leastHistory,
      windows,
      reads: node.inputs.map(({ node: at }) => at),
      hash: node.own.hash ?? null,
      unhashable: node.own.unhashable ?? null,
      scan: node.scan ?? false,
      source: node.source && plainSource(node.source),
      frames: frames[index] ?? [],
      authored: authored(index),
      family: node.member?.family ?? null,
      symbol: node.member?.symbol ?? null,
    };
  }
}

/** Members of a family have the same. */
function areWindowsOf(windows: SentNode['windows'], { inputs }: NodeDescription): boolean {
  return (
    windows.length === inputs.length &&
    windows.every((window, at) => {
      const input = inputs[at];
      return (
        window.period === input?.period &&
        window.span === input.span &&
        window.gather === input.gather &&
        window.slot === input.slot
      );
    })
  );
}

/** A custom provider's options may be anything: what counts is what a fingerprint counts. */
function plainSource(source: SourceDescription): SourceDescription {
  if (source.kind !== 'custom') return source;
  return { ...source, options: JSON.parse(canonicalJson(source.options)) as SourceDescription['options'] };
}
