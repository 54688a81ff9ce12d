// A step of the build, run as a part of it so that texts are those of the build: analyses the functions of built-in indicators, and
// prints what the child takes over when it starts.
import * as sdk from '../src/index.js';
import { ColumnCompute } from '../src/sdk/node.js';
import { CodeHasher } from '../src/hosts/typescript/fingerprint/own-code.js';
import { snapshotIntrinsics } from '../src/hosts/typescript/fingerprint/intrinsics.js';
import { writeTexts } from '../src/hosts/typescript/fingerprint/text/known-texts.js';

const input = new sdk.StreamInput({ tags: ['sample'], historyProvider: sdk.csvHistory('sample.csv') });
const options = { name: 'sample', input, period: 20 };
const nodes = [
  sdk.ema({ ...options, span: 5 }),
  sdk.rollingCorrelation({ ...options, input: [input, input] }),
  sdk.rollingMax(options),
  sdk.rollingMin(options),
  sdk.rollingStd(options),
  sdk.rsi(options),
  sdk.sma(options),
];

const hasher = new CodeHasher({ sdkExports: sdk, intrinsics: snapshotIntrinsics(sdk) });
for (const { computeFn, inputs, indicator, name } of nodes) {
  if (!(computeFn instanceof ColumnCompute))
    throw new Error(`${indicator?.kind ?? name} is not in column form any more.`);
  const positions = new Map(inputs.map((each, index) => [each, index]));
  hasher.ownCode(computeFn.compute, { inputs: positions, describe: name });
}
hasher.close();
process.stdout.write(writeTexts());
