import * as vscode from 'vscode';

import { isMuch } from '../../present/freshness.js';
import type { SourceLocation } from '../../sdk/errors.js';
import { addTo } from '../../sdk/lists.js';
import type { Strategies, StrategyEntry } from '../model/strategies.js';

/** Problems of strategies, on the lines that cause them. */
export class StrategyProblems implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('seamless');
  readonly #subscription: vscode.Disposable;

  constructor(private readonly strategies: Strategies) {
    this.#subscription = strategies.onDidChange((entry) => {
      // While text is typed or a run is active, the last result stays.
      if (!entry?.edited && !entry?.running) this.#show();
    });
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#collection.dispose();
  }

  #show(): void {
    const byFile = new Map<string, vscode.Diagnostic[]>();
    for (const entry of this.strategies.all()) {
      for (const { place, diagnostic } of diagnosticsOf(entry)) addTo(byFile, place.file, diagnostic);
    }
    this.#collection.clear();
    for (const [file, diagnostics] of byFile) this.#collection.set(vscode.Uri.file(file), diagnostics);
  }
}

function diagnosticsOf({ found, problem, freshness }: StrategyEntry): {
  place: SourceLocation;
  diagnostic: vscode.Diagnostic;
}[] {
  if (problem) {
    const place = problem.location ?? found;
    return [{ place, diagnostic: diagnostic(place, problem.message, problem.code) }];
  }
  return (freshness?.nodes ?? []).flatMap(({ name, failure, unfired, location }) => {
    if (failure) {
      const place = failure.location ?? location ?? found;
      return [{ place, diagnostic: diagnostic(place, failure.message, failure.code) }];
    }
    if (!unfired) return [];
    const place = location ?? found;
    const lost = diagnostic(place, `${name}: ${unfired.text}`, 'unfired');
    lost.severity = isMuch(unfired)
      ? vscode.DiagnosticSeverity.Warning
      : vscode.DiagnosticSeverity.Information;
    return [{ place, diagnostic: lost }];
  });
}

/** To the end of the line: the end of a mistake is unknown. */
function diagnostic(place: SourceLocation, message: string, code: string): vscode.Diagnostic {
  const line = place.line - 1;
  const column = (place.column ?? 1) - 1;
  const result = new vscode.Diagnostic(new vscode.Range(line, column, line, 10_000), message);
  result.source = 'Seamless';
  result.code = code;
  return result;
}
