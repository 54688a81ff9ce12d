// Brings the sample's market data into its project: the file of a development dependency, unchanged, and a made-up market of stocks.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { indexCsv, stocksCsv } from './stocks.mjs';

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
await writeFile(new URL('stocks.csv', target), stocksCsv());
await writeFile(new URL('index.csv', target), indexCsv());
