// Brings the sample's market data into its project: the file of a development dependency, unchanged.
import { copyFile, mkdir } from 'node:fs/promises';

const FILE = 'sp500-2000.csv';

/** The package keeps its data beside the folder of its entry, and exports nothing else. */
function packageEntry() {
  try {
    return import.meta.resolve('vega-datasets');
  } catch (cause) {
    throw new Error(
      'vega-datasets, whose S&P 500 file the sample reads, is not installed: run npm ci first.',
      { cause },
    );
  }
}

const target = new URL(`sample/data/${FILE}`, import.meta.url);
await mkdir(new URL('.', target), { recursive: true });
await copyFile(new URL(`../data/${FILE}`, packageEntry()), target);
