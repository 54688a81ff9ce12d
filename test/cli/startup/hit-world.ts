import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { quickHit } from '../../../src/cli/startup/quick-hit.js';
import type { RunReport } from '../../../src/engine/run/reporting/report.js';
import { bundleCode, type BundledCode } from '../../../src/hosts/typescript/bundle/bundle.js';
import { builtFile } from '../../../src/protocol/built-file.js';
import type { StrategyRef } from '../../../src/protocol/payloads.js';
import { cacheFolder, strategyRef } from '../../../src/protocol/project.js';
import { CSV_HEADER, minute, Project, type Child } from '../../support/project.js';

/** Files that were written so long ago are remembered by their signature. */
export const SETTLE_MS = 2100;

export const BARS = 60;
export const [START, END] = [minute(0), minute(BARS)];

export const MAIN = `
import { csvHistory, demoHistory, Node, Strategy, StreamInput } from 'seamless-dag';
import { factor } from 'factor';
import { plus } from './lib/plus';
const SCALE = 1;
export class Main extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const made = new StreamInput({ tags: ['made'], interval: '1m', historyProvider: demoHistory({ start: '2020-01-01' }) });
    const a = new Node({ name: 'a', input: price, period: 2, computeFn: (view) => SCALE * factor * view.latest(price).close });
    const b = new Node({ name: 'b', input: [a, made], period: 1, computeFn: (view) => plus(view.latest(a), view.latest(made).close) });
    this.addNodes([price, made, a, b]);
  }
}
export class Other extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    this.addNodes([price, new Node({ name: 'c', input: price, period: 1, computeFn: (view) => view.latest(price).close })]);
  }
}
`;

export const PLUS = 'export const plus = (a: number, b: number): number => a + b;\n';

export function bars(count: number, close: (index: number) => number = (index) => 100 + (index % 7)): string {
  return CSV_HEADER + Array.from({ length: count }, (_, i) => `${minute(i)},${close(i)},1\n`).join('');
}

function files(): Record<string, string> {
  return {
    'main.ts': MAIN,
    'lib/plus.ts': PLUS,
    'bars.csv': bars(BARS),
    'node_modules/factor/package.json': '{ "main": "main.js", "type": "module" }',
    'node_modules/factor/main.js': 'export const factor = 2;\n',
    'node_modules/factor/other.js': 'export const factor = 3;\n',
  };
}

/** A project, a child that runs it the full way, and the terminal that asks the sidecar. */
export class HitWorld {
  readonly project: Project;
  readonly #child: Child;

  /** @param file the strategy's, relative to the folder of all files */
  constructor(
    child: Child,
    more: Record<string, string> = {},
    readonly file = 'main.ts',
  ) {
    this.project = new Project({ ...files(), ...more });
    this.#child = child;
  }

  get spec(): string[] {
    return [`${this.project.path(this.file)}#Main`, '--start', String(START), '--end', String(END)];
  }

  strategy(className = 'Main'): StrategyRef {
    return strategyRef(this.project.path(this.file), className);
  }

  bundle(): Promise<BundledCode> {
    return bundleCode({ ...this.strategy(), sdkUrl: pathToFileURL(builtFile('index.js')).href });
  }

  async quick(args = this.spec): Promise<RunReport | null> {
    return (await quickHit(args))?.report ?? null;
  }

  /** The full way, which leaves a sidecar. */
  async full(className = 'Main', end = END): Promise<RunReport> {
    const bundle = await this.bundle();
    return this.#child.request('materialize', {
      strategy: this.strategy(className),
      start: START,
      end,
      // Nobody edits meanwhile, so what was written just now is settled.
      bundle: { ...bundle, begunAt: Date.now() + 3_600_000 },
      sidecar: true,
    });
  }

  change(path: string, edit: (text: string) => string): void {
    const text = readFileSync(this.project.path(path), 'utf8');
    this.project.write({ [path]: edit(text) });
  }

  inCache(folder: string): string[] {
    const path = join(cacheFolder(this.strategy().projectRoot), folder);
    return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
  }
}
