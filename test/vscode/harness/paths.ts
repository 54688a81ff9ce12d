import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';

/** The repository. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Where the editor and its own Node are installed, from a lock file of their own; ignored by git. */
export const toolsFolder = join(root, 'test/vscode/tools');

/** What tests leave behind: fixtures' copies, profiles, logs and pictures; ignored by git. */
export const scratchFolder = join(root, '.test-tmp');

/** Begins the names of folders of servers and browsers that are kept from suite to suite. */
export const KEPT_FOLDER = 'seamless-kept-editor-';

/** Where `npm run package` puts the packed extension. */
export const packedFolder = join(root, 'vsix');

/** Where tests put pictures, a folder per theme; `npm run pictures` copies from there what the README shows. */
export const picturesFolder = join(scratchFolder, 'pictures');
