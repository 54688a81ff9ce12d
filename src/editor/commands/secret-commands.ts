import * as vscode from 'vscode';

import { SECRET_NAME } from '../model/secrets.js';
import type { Workbench } from '../workbench.js';

/** Asks for a source's secret and stores it; an empty value deletes it. */
export async function setSecret({ secrets }: Workbench): Promise<void> {
  const { l10n, window } = vscode;
  const another = l10n.t('Another name…');
  const known = secrets.names;
  const picked =
    known.length === 0
      ? another
      : await window.showQuickPick([...known, another], { title: l10n.t('Set which secret?') });
  if (picked === undefined) return;
  const name = picked === another ? await askName() : picked;
  if (name === undefined) return;
  const value = await window.showInputBox({
    title: l10n.t('The value of {0}', name),
    prompt: l10n.t("Stored in VS Code's secret storage. Leave it empty to delete it."),
    password: true,
    ignoreFocusOut: true,
  });
  if (value === undefined) return;
  if (value === '') await secrets.remove(name);
  else await secrets.set(name, value);
  const said =
    value === ''
      ? l10n.t('{0} is forgotten.', name)
      : l10n.t('{0} is set: sources find it as an environment variable.', name);
  void window.showInformationMessage(said);
}

function askName(): Thenable<string | undefined> {
  const { l10n, window } = vscode;
  return window.showInputBox({
    title: l10n.t('Set Secret'),
    prompt: l10n.t('The name that a source has for it: connection, or env.NAME in an address.'),
    ignoreFocusOut: true,
    validateInput: (text) =>
      SECRET_NAME.test(text) ? null : l10n.t('Letters, digits and _, not beginning with a digit.'),
  });
}
