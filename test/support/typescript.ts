import { dirname } from 'node:path';
import ts from 'typescript';

/** TypeScript's own files as they were parsed first: they are half of what a small program costs. */
const own = new Map<string, ts.SourceFile>();

/** A program whose current folder is `folder`. TypeScript's own files are parsed once for all of them, and not checked. */
export function programOf(
  folder: string,
  fileNames: readonly string[],
  given: ts.CompilerOptions,
): ts.Program {
  const options = { ...given, skipDefaultLibCheck: true };
  const host = ts.createCompilerHost(options);
  const library = dirname(host.getDefaultLibFileName(options));
  const { getSourceFile } = host;
  const parsed: typeof getSourceFile = (name, how, ...rest) => {
    if (dirname(name) !== library) return getSourceFile(name, how, ...rest);
    const key = `${name} ${JSON.stringify(how)}`;
    const file = own.get(key) ?? getSourceFile(name, how, ...rest);
    if (file) own.set(key, file);
    return file;
  };
  return ts.createProgram(fileNames, options, {
    ...host,
    getCurrentDirectory: () => folder,
    getSourceFile: parsed,
  });
}

/** Reads a tsconfig.json as the compiler does. */
export function configOf(file: string, options: ts.CompilerOptions = {}): ts.ParsedCommandLine {
  const host: ts.ParseConfigFileHost = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail };
  const config = ts.getParsedCommandLineOfConfigFile(file, options, host);
  if (!config) throw new Error(`${file} cannot be read`);
  return config;
}

function fail({ messageText }: ts.Diagnostic): never {
  throw new Error(ts.flattenDiagnosticMessageText(messageText, ' '));
}
