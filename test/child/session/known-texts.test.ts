import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { analysedTexts, analyseText } from '../../../src/hosts/typescript/fingerprint/text/analyse.js';
import { readTexts, writeTexts } from '../../../src/hosts/typescript/fingerprint/text/known-texts.js';

const BUILT = readFileSync(new URL('../../../dist/sdk-texts.json', import.meta.url), 'utf8');

describe('texts of built-in indicators, analysed by the build', () => {
  /** What is in memory, as if nothing had been analysed yet. */
  function anew<T>(work: () => T): T {
    const kept = [...analysedTexts];
    analysedTexts.clear();
    try {
      return work();
    } finally {
      for (const [text, found] of kept) analysedTexts.set(text, found);
    }
  }

  it('are what this process finds in them, whole', () => {
    const texts = anew(() => {
      readTexts(BUILT);
      return [...analysedTexts.keys()];
    });
    assert.ok(texts.length >= 10);
    const again = anew(() => {
      for (const text of texts) analyseText(text);
      return writeTexts();
    });
    assert.equal(again, BUILT);
  });

  it('come back as they were written', () => {
    const texts = [
      'class A extends B { #n = 0; fn = () => this.#n + super.x; static s = 1; get v() { return this.w; } }',
      'function f(a = g) { f = a; return arguments.length + eval(a) + `t${h.buffer}`; }',
      '(x) => new.target',
      '{ not a function',
    ];
    const [found, read] = anew(() => {
      const found = texts.map((text) => analyseText(text));
      const json = writeTexts();
      analysedTexts.clear();
      readTexts(json);
      return [found, texts.map((text) => analysedTexts.get(text))];
    });
    assert.deepEqual(read, found);
  });
});
