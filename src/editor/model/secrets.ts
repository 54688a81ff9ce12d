import * as vscode from 'vscode';

import { giveSecrets } from '../../client/fork.js';

/** Where the names are stored; the values are in VS Code's secret storage. */
const NAMES = 'secrets';

/** Valid names: those of environment variables. */
export const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Passwords and keys of sources. Only child processes get them, in their environment. */
export class Secrets implements vscode.Disposable {
  readonly #context: vscode.ExtensionContext;
  readonly #log: vscode.LogOutputChannel;
  readonly #changes = new vscode.EventEmitter<void>();
  /** Running children have older secrets than new ones would get. */
  readonly onDidChange = this.#changes.event;
  readonly #loading: Promise<void>;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel) {
    this.#context = context;
    this.#log = log;
    this.#loading = this.#give();
  }

  get names(): readonly string[] {
    return this.#context.globalState.get<readonly string[]>(NAMES, []);
  }

  /** Resolves when children get all known secrets. */
  get ready(): Promise<void> {
    return this.#loading;
  }

  async set(name: string, value: string): Promise<void> {
    await this.#context.secrets.store(keyOf(name), value);
    await this.#keep([...new Set([...this.names, name])].sort());
  }

  async remove(name: string): Promise<void> {
    await this.#context.secrets.delete(keyOf(name));
    await this.#keep(this.names.filter((each) => each !== name));
  }

  dispose(): void {
    this.#changes.dispose();
  }

  async #keep(names: readonly string[]): Promise<void> {
    await this.#context.globalState.update(NAMES, names);
    await this.#give();
    this.#changes.fire();
  }

  async #give(): Promise<void> {
    const values: Record<string, string> = {};
    for (const name of this.names) {
      try {
        const value = await this.#context.secrets.get(keyOf(name));
        if (value !== undefined) values[name] = value;
      } catch (error) {
        // The source that needs it reports the missing variable; everything else works.
        this.#log.error(`The secret ${name} cannot be read from VS Code's storage: ${String(error)}`);
      }
    }
    giveSecrets(values);
  }
}

function keyOf(name: string): string {
  return `env.${name}`;
}
