import assert from 'node:assert/strict';
import { SeamlessError } from '../../src/sdk/errors.js';
import { parsePresets } from '../../src/sources/presets/load.js';

const FULL = `
data:
  btc:
    kind: bars
    provider: http
    intervalMs: 60000
    stabilizationBars: 3
    sla: research
    options: { url: 'https://example.com/{start}', limit: 500 }
  old:
    provider: csv
    interval: 1d
    conformance: lenient
    options: { path: data/old.csv }
sla:
  research: { deadline: 30s, coverage: 0.99, lag: 5m, miss: partialFill }
conformance:
  lenient: { mode: permissive, snap: 1s }
`;

describe('presets of a project', () => {
  it('say what is read, what it is held to, and how it is checked', () => {
    assert.deepEqual(parsePresets(FULL, 'seamless.presets.yaml'), [
      {
        id: 'btc',
        intervalMs: 60_000,
        provider: 'http',
        options: { url: 'https://example.com/{start}', limit: 500, stabilizationBars: 3 },
        pinned: false,
        slaPreset: 'research',
        sla: { deadline: 30, coverage: 0.99, lag: 300, miss: 'partialFill' },
      },
      {
        id: 'old',
        intervalMs: 86_400_000,
        provider: 'csv',
        options: { path: 'data/old.csv', conformance: 'permissive', snap: '1s' },
        pinned: false,
      },
    ]);
    assert.deepEqual(parsePresets('', 'seamless.presets.yaml'), []);
  });

  for (const [what, from, to, pattern] of [
    ['that are not YAML', 'kind: bars', 'kind: [bars', /^seamless\.presets\.yaml:\d+: this is not YAML/],
    [
      'with an unknown field',
      'intervalMs',
      'intervallMs',
      /:6: there is no field data\.btc\.intervallMs\. Did you mean intervalMs/,
    ],
    ['with an unknown section', 'data:', 'dta:', /:2: there is no field dta\. Did you mean data/],
    ['with an unknown provider', 'provider: http', 'provider: htp', /:5: data\.btc\.provider .*"http"/],
    ['without an interval', 'intervalMs: 60000', 'pinned: false', /:3: btc must have an interval/],
    ['with a wrong interval', 'interval: 1d', 'interval: soon', /:12: .*soon/],
    [
      'that name an unknown service level',
      'sla: research',
      'sla: reserch',
      /:8: btc names sla "reserch".*did you mean research/,
    ],
    [
      'that name an unknown conformance',
      'conformance: lenient',
      'conformance: x',
      /:13: old names conformance "x".*there is lenient/,
    ],
    ['with a share above 1', 'coverage: 0.99', 'coverage: 99', /:16: sla\.research\.coverage/],
    [
      'that hold for ever',
      'deadline: 30s, coverage: 0.99, lag: 5m, miss: partialFill',
      'miss: hold',
      /:16: research waits until its deadline but has none/,
    ],
    [
      'with settling bars of a file',
      'conformance: lenient',
      'stabilizationBars: 1',
      /:13: stabilizationBars is for wires/,
    ],
  ] as const) {
    it(`${what} are refused, with the line`, () => {
      assert.ok(FULL.includes(from));
      assert.throws(
        () => parsePresets(FULL.replace(from, to), 'seamless.presets.yaml'),
        (error: unknown) => {
          assert.ok(error instanceof SeamlessError);
          assert.equal(error.code, 'usage');
          assert.match(error.message, pattern);
          return true;
        },
      );
    });
  }
});
