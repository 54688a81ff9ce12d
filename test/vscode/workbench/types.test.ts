import { join } from 'node:path';
import { compilesWith } from '../../scaffold/compilation.js';
import { toolsFolder } from '../harness/paths.js';
import { editorTools } from '../harness/tools.js';
import { typeServer } from '../harness/type-server.js';

describe('the TypeScript that VS Code ships has nothing to say about', () => {
  before(async function () {
    await editorTools();
  });

  const lib = join(toolsFolder, 'node_modules/code-server/lib/vscode/extensions/node_modules/typescript/lib');
  compilesWith(typeServer(join(lib, 'tsserver.js')));
});
