/** A process that looks at caches for a test: opens each that it is told of, reads all of it, and says what it found. */
import { tableDigest } from '../../src/engine/fingerprint/digest.js';
import { DamageFound, openStore } from '../../src/store/store.js';

/** What somebody sees who opens a cache and reads all rows of some nodes. */
export interface Look {
  /** Rows of each covered span: `fingerprint start end`, and their digest. */
  readonly spans: readonly (readonly [span: string, digest: string])[];
  /** What a person was told. */
  readonly told: readonly string[];
  /** What kept it from looking, that is not a sentence about damage. */
  readonly fault: string | null;
}

/** Damage that is set aside leaves the rest to be read: this often at the most. */
const MOST_LOOKS = 10;

async function look(dir: string, fingerprints: readonly string[]): Promise<Look> {
  const told: string[] = [];
  for (let again = 0; again < MOST_LOOKS; again++) {
    try {
      return { spans: await readAll(dir, fingerprints, told), told, fault: null };
    } catch (error) {
      if (!(error instanceof DamageFound)) return { spans: [], told, fault: String(error) };
      told.push(error.message);
    }
  }
  return { spans: [], told, fault: 'There was no end of damage.' };
}

async function readAll(
  dir: string,
  fingerprints: readonly string[],
  told: string[],
): Promise<[string, string][]> {
  const store = await openStore({ dir, onMessage: (text) => told.push(text) });
  try {
    const found: [string, string][] = [];
    for (const [fingerprint, spans] of await store.coverage(fingerprints)) {
      const tables = await store.read(spans.map((range) => ({ fingerprint, range })));
      spans.forEach(({ start, end }, at) => {
        const table = tables[at];
        if (table) found.push([`${fingerprint} ${start} ${end}`, tableDigest(table)]);
      });
    }
    return found;
  } finally {
    // What it was damaged by may keep it from closing in good order too: the first error is told.
    await store.close().catch(() => undefined);
  }
}

process.on('message', (asked: { readonly dir: string; readonly fingerprints: readonly string[] }) => {
  void look(asked.dir, asked.fingerprints).then((seen) => process.send?.(seen));
});
