// Gathers every text of the editor into l10n/bundle.l10n.json, which translations start from: `npm run l10n`.
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundlePath, bundleText } from './packaging/l10n.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
await writeFile(join(root, bundlePath), await bundleText(root));
