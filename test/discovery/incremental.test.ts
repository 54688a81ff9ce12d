import assert from 'node:assert/strict';
import fc from 'fast-check';

import { discoverStrategies } from '../../src/discovery/discover.js';
import { readModule } from '../../src/discovery/module-scope.js';
import type { DiscoveredStrategy } from '../../src/discovery/strategies.js';
import { StrategyIndex, type IndexedFile } from '../../src/discovery/strategy-index.js';
import { Folder, SDK, SETUP } from './folder-of.js';
import { cases } from '../support/profile.js';

const NAMES = [
  'base.ts',
  'base.js',
  'a.ts',
  'b.mjs',
  'c.tsx',
  'lib/index.ts',
  'lib/d.cts',
  'lib.ts',
] as const;
type Name = (typeof NAMES)[number];

/** Ways to one of the files from the root or from `lib`, some of which lead to several. */
const SPECIFIERS = ['./base', './base.js', '../base', './a', './lib', '..'];

const extending = fc
  .tuple(fc.constantFrom(...SPECIFIERS), fc.nat(2), fc.constantFrom('{}', SETUP, '{ setup() {'))
  .map(([from, lines, body]) =>
    [
      `import { Base as B } from '${from}';`,
      ...Array.from({ length: lines }, () => '//'),
      `export class Base extends B ${body}`,
    ].join('\n'),
  );

/** Texts in each of which a class extends something, so that none is passed over unread. */
const text = fc.oneof(
  { weight: 2, arbitrary: fc.constant(`${SDK}export class Base extends Strategy ${SETUP}`) },
  { weight: 1, arbitrary: fc.constant(`${SDK}export abstract class Base extends Strategy {}`) },
  { weight: 1, arbitrary: fc.constant('export class Base extends Object {}') },
  { weight: 1, arbitrary: fc.constant('export class Base extends {{{') },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...SPECIFIERS)
      .map((from) => `export * from '${from}'; class Own extends Object {}`),
  },
  { weight: 4, arbitrary: extending },
);

/** What there is before the first step. */
const FIRST: readonly Step[] = [
  { kind: 'scan' },
  { kind: 'write', name: 'base.ts', text: `${SDK}export class Base extends Strategy ${SETUP}` },
  { kind: 'write', name: 'lib/index.ts', text: "export * from '../base'; class Own extends Object {}" },
  { kind: 'write', name: 'a.ts', text: "import { Base as B } from './lib'; export class Base extends B {}" },
];

type Step =
  | { readonly kind: 'write'; readonly name: Name; readonly text: string }
  | { readonly kind: 'edit'; readonly name: Name; readonly text: string | null }
  | { readonly kind: 'remove'; readonly name: Name | 'lib' }
  | { readonly kind: 'rename'; readonly from: Name; readonly to: Name }
  | { readonly kind: 'scan' };

const name = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), name, text }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('edit' as const), name, text: fc.option(text) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('remove' as const), name: fc.constantFrom(...NAMES, 'lib') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rename' as const), from: name, to: name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('scan' as const) }) },
);

/** What the index ought to go by: for each file the text that counts, and the last of them that parsed. */
class Model {
  readonly disk = new Map<Name, string>();
  readonly edits = new Map<Name, string>();
  readonly good = new Map<Name, string>();

  /** Takes in what became of the files. */
  look(): void {
    for (const each of NAMES) {
      const now = this.now(each);
      if (now === undefined) this.good.delete(each);
      else if (readModule(each, now)) this.good.set(each, now);
    }
  }

  now(each: Name): string | undefined {
    return this.edits.get(each) ?? this.disk.get(each);
  }

  /** The text that a fresh scan is to find, and whether it is the present one. */
  effective(each: Name): { readonly text: string; readonly parses: boolean } | null {
    const now = this.now(each);
    if (now === undefined) return null;
    const good = this.good.get(each);
    return { text: good ?? now, parses: good === now };
  }
}

/** An index of one folder, and a second folder in which all is found afresh. */
class Bench {
  readonly model = new Model();
  readonly #shown = new Map<string, IndexedFile>();
  readonly #index = new StrategyIndex({
    onFile: (file) => {
      if (file.strategies.length > 0) this.#shown.set(file.file, file);
      else this.#shown.delete(file.file);
    },
    onRemoved: (file) => this.#shown.delete(file),
    onFault: (error) => assert.fail(String(error)),
  });

  constructor(
    readonly folder: Folder,
    readonly fresh: Folder,
  ) {}

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'write':
        await this.#write(step.name, step.text);
        break;
      case 'edit':
        if (step.text === null) this.model.edits.delete(step.name);
        else this.model.edits.set(step.name, step.text);
        this.#index.edited(this.folder.path(step.name), step.text);
        break;
      case 'remove':
        await this.#remove(step.name);
        break;
      case 'rename': {
        const moved = this.model.disk.get(step.from);
        if (moved === undefined || step.from === step.to) break;
        await this.#remove(step.from);
        await this.#write(step.to, moved);
        break;
      }
      case 'scan':
        await this.#index.scan([this.folder.root]);
    }
    await this.#index.settled();
    this.model.look();
  }

  async check(): Promise<void> {
    const wanted = new Map<string, { strategies: DiscoveredStrategy[]; parses: boolean }>();
    await this.fresh.remove('.');
    for (const each of NAMES) {
      const effective = this.model.effective(each);
      if (effective) await this.fresh.write({ [each]: effective.text });
      if (effective) wanted.set(each, { strategies: [], parses: effective.parses });
    }
    await this.fresh.write({ 'notes.md': '' });
    for (const found of await discoverStrategies(this.fresh.root)) {
      const each = found.file.slice(this.fresh.root.length + 1);
      wanted.get(each)?.strategies.push({ ...found, file: each });
    }
    for (const [each, { strategies }] of wanted) if (strategies.length === 0) wanted.delete(each);
    const shown = [...this.#shown.values()].map(({ file, strategies, parses }) => {
      const each = file.slice(this.folder.root.length + 1);
      return [each, { strategies: strategies.map((found) => ({ ...found, file: each })), parses }] as const;
    });
    assert.deepStrictEqual(new Map(shown), wanted);
  }

  async #write(each: Name, content: string): Promise<void> {
    await this.folder.write({ [each]: content });
    this.model.disk.set(each, content);
    this.#index.changed(this.folder.path(each));
  }

  async #remove(gone: Name | 'lib'): Promise<void> {
    await this.folder.remove(gone);
    for (const each of NAMES) {
      if (each === gone || (gone === 'lib' && each.startsWith('lib/'))) this.model.disk.delete(each);
    }
    this.#index.removed(this.folder.path(gone));
  }
}

describe('the strategy index, whatever is edited', () => {
  it('equals what a fresh scan finds', async () => {
    const [folder, fresh] = [await Folder.make(), await Folder.make()];
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 15 }), async (steps) => {
          await folder.remove('.');
          const bench = new Bench(folder, fresh);
          for (const each of [...FIRST, ...steps]) {
            await bench.take(each);
            await bench.check();
          }
        }),
        cases(40),
      );
    } finally {
      await folder.remove('.');
      await fresh.remove('.');
    }
  });
});
