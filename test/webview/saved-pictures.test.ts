// Slow (20 s): a browser.
import assert from 'node:assert/strict';
import type { DagPage, ThemeKind } from './support/page.js';
import { box, lookAtPages } from './support/look.js';
import { twelve } from './support/states.js';

interface SavedFile {
  readonly name: string;
  readonly content: string;
  readonly encoding: 'utf8' | 'base64';
}

/** Chooses a kind under *Save…*, and takes the file that the host is given. */
async function save(dag: DagPage, kind: string): Promise<SavedFile> {
  const before = dag.sent.length;
  const choice = dag.page.locator('vscode-dropdown').last();
  await choice.click();
  await choice.getByRole('option', { name: kind, exact: true }).click();
  await dag.until(
    (message) =>
      message.type === 'request' && message.kind === 'saveFile' && dag.sent.indexOf(message) >= before,
  );
  return dag.payloadOf('saveFile') as SavedFile;
}

/** Shares of an opened picture's pixels by colour, most first: `#rrggbb` in steps of 8. */
async function coloursOf(dag: DagPage, { content, encoding, name }: SavedFile): Promise<[string, number][]> {
  const type = name.endsWith('.svg') ? 'image/svg+xml' : 'image/png';
  const data = encoding === 'base64' ? content : Buffer.from(content).toString('base64');
  return dag.page.evaluate(async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    const pen = canvas.getContext('2d')!;
    pen.drawImage(image, 0, 0);
    const { data: pixels } = pen.getImageData(0, 0, canvas.width, canvas.height);
    const counts = new Map<string, number>();
    for (let at = 0; at < pixels.length; at += 4) {
      const parts = [0, 1, 2].map((part) => (pixels[at + part]! & 0xf8).toString(16).padStart(2, '0'));
      const colour = pixels[at + 3]! < 255 ? 'transparent' : `#${parts.join('')}`;
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    const all = pixels.length / 4;
    return [...counts]
      .map(([colour, count]): [string, number] => [colour, count / all])
      .sort((a, b) => b[1] - a[1]);
  }, `data:${type};base64,${data}`);
}

const channels = (colour: string): number[] =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = channels(colour).map((each) => (each / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [Math.max(luminance(a), luminance(b)), Math.min(luminance(a), luminance(b))];
  return (light + 0.05) / (dark + 0.05);
}

const isGreen = (colour: string): boolean => {
  const [r = 0, g = 0, b = 0] = channels(colour);
  return g > r + 40 && g > b + 40;
};
const isRed = (colour: string): boolean => {
  const [r = 0, g = 0, b = 0] = channels(colour);
  return r > g + 60 && r > b + 60;
};

function shareOf(colours: readonly [string, number][], is: (colour: string) => boolean): number {
  return colours.filter(([colour]) => is(colour)).reduce((sum, [, share]) => sum + share, 0);
}

function assertReadable(colours: readonly [string, number][], paper: 'light' | 'dark'): void {
  const [[ground, share] = ['', 0]] = colours;
  const seen = JSON.stringify(colours.slice(0, 6));
  assert.ok(share > 0.4, `one colour is its ground: ${seen}`);
  assert.ok(paper === 'light' ? luminance(ground) > 0.8 : luminance(ground) < 0.05, `${paper}: ${seen}`);
  assert.equal(
    shareOf(colours, (colour) => colour === 'transparent'),
    0,
  );
  const letters = shareOf(colours, (colour) => contrast(colour, ground) > 7);
  assert.ok(letters > 0.002 && letters < 0.1, `letters take ${letters}: ${seen}`);
  assert.ok(shareOf(colours, isGreen) > 0.01, `bars that are complete are green: ${seen}`);
  assert.ok(shareOf(colours, isRed) > 0.001, `what failed is red: ${seen}`);
}

describe('a picture that is saved from the DAG panel', () => {
  const look = lookAtPages();

  for (const theme of ['light', 'dark', 'hc-dark'] satisfies ThemeKind[]) {
    it(`can be read on light paper and on dark, opened on its own, saved in ${theme}`, () =>
      look(twelve(), { theme }, async (dag) => {
        await box(dag, 'spread').waitFor();
        for (const [kind, paper] of [
          ['SVG', 'light'],
          ['PNG', 'light'],
          ['SVG, dark', 'dark'],
          ['PNG, dark', 'dark'],
        ] as const) {
          const file = await save(dag, kind);
          assert.equal(file.name, `Momentum.${kind.slice(0, 3).toLowerCase()}`);
          assertReadable(await coloursOf(dag, file), paper);
        }
      }));
  }

  it('is the same whatever the theme, in letters that every machine has', async () => {
    const svgs: string[] = [];
    for (const theme of ['light', 'hc-dark'] satisfies ThemeKind[]) {
      await look(twelve(), { theme }, async (dag) => {
        await box(dag, 'spread').waitFor();
        svgs.push((await save(dag, 'SVG')).content);
      });
    }
    const [light = '', dark] = svgs;
    assert.equal(light, dark);
    assert.match(light, /^<svg.*zscore.*url\(#hatch-failed\)/s);
    assert.doesNotMatch(light, /var\(|class=|currentcolor/i);
    const fonts = new Set(Array.from(light.matchAll(/font-family="([^"]*)"/g), ([, font]) => font));
    assert.deepEqual([...fonts], ['Arial, Helvetica, &quot;Liberation Sans&quot;, sans-serif']);
  });

  it('is a flowchart as Mermaid', () =>
    look(twelve(), {}, async (dag) => {
      await box(dag, 'spread').waitFor();
      const { name, content } = await save(dag, 'Mermaid');
      assert.equal(name, 'Momentum.mmd');
      assert.match(content, /^flowchart LR\n/);
    }));
});
