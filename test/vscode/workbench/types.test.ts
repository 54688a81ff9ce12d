import { join } from 'node:path';
import { compilesWith } from '../../scaffold/compilation.js';
import { toolsFolder } from '../harness/paths.js';
import { editorTools } from '../harness/tools.js';
import { TypeServer } from '../harness/type-server.js';

const LIB = join(toolsFolder, 'node_modules/code-server/lib/vscode/extensions/node_modules/typescript/lib');

describe('the TypeScript that VS Code ships has nothing to say about', () => {
  let server: TypeServer;
  before(async () => {
    await editorTools();
    server = new TypeServer(join(LIB, 'tsserver.js'));
  });
  after(() => server.end());

  compilesWith((folder, files) => server.diagnose(folder, files));
});
