import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the benches work: a project with a year of minutes, and a day more. */
export const PROJECT = join(dirname(dirname(fileURLToPath(import.meta.url))), '.bench');
export const START = Date.UTC(2022, 0, 1) / 1000;
export const DAY = 86_400;
export const YEAR_END = START + 365 * DAY;

/** @param years how many there are, of 365 days */
export async function writeProject(years = 1): Promise<void> {
  await mkdir(PROJECT, { recursive: true });
  await writeFile(join(PROJECT, 'package.json'), '{ "name": "bench", "private": true, "type": "module" }\n');
  await writeMarket(join(PROJECT, 'year.csv'), START + years * 365 * DAY);
}

/** Minutes of a random walk, seeded, as an exchange would publish them. */
async function writeMarket(path: string, end: number): Promise<void> {
  let state = 42;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const lines = ['ts,open,high,low,close,volume'];
  let close = 20_000;
  for (let ts = START; ts < end + DAY; ts += 60) {
    const open = close;
    close = open * (1 + (random() - 0.5) * 0.002);
    const high = Math.max(open, close) * (1 + random() * 0.0005);
    const low = Math.min(open, close) * (1 - random() * 0.0005);
    const time = new Date(ts * 1000).toISOString().slice(0, 19).replace('T', ' ');
    lines.push(
      `${time}+00:00,${[open, high, low, close].map((value) => value.toFixed(2)).join(',')},${(random() * 10).toFixed(5)}`,
    );
  }
  await writeFile(path, `${lines.join('\n')}\n`);
}
