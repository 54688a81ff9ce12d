import { existsSync, readFileSync } from 'node:fs';
import { Session, type Debugger, type Runtime } from 'node:inspector';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Where a function's code starts, according to V8; counted from 0. */
interface CodePlace {
  readonly scriptUrl: string;
  readonly sourceMapUrl: string;
  readonly line: number;
  readonly column: number;
}

/** Passes a function to the inspector, which only sees what it can name. */
const HANDLE = '__seamlessClass';

/**
 * The source file of a class, absolute: its script, or the source map's file if it was compiled or bundled. Null if neither is a
 * file.
 */
export function fileOfClass(subject: NewableFunction): string | null {
  const place = codePlace(subject);
  if (!place) return null;
  const script = pathOf(place.scriptUrl);
  // Loaders such as tsx compile in memory, under the source's name.
  if (script !== null && /\.[cm]?tsx?$/.test(script) && existsSync(script)) return script;
  const original = originalFile(place, script);
  if (original !== null && existsSync(original)) return original;
  return script !== null && existsSync(script) ? script : null;
}

/**
 * The name of a class in its file: builders write `var Momentum = class _Momentum` for a class that refers to itself, and then
 * the function's own name is of no use.
 */
export function nameInText(text: string, className: string): string {
  const name = className.replaceAll('$', '\\$');
  const assigned = new RegExp(`\\b(?:var|let|const)\\s+([\\w$]+)\\s*=\\s*class\\s+${name}(?![\\w$])`);
  return assigned.exec(text)?.[1] ?? className;
}

/** Enabling V8's debugger lists every script; within one process this is synchronous. */
function codePlace(subject: NewableFunction): CodePlace | null {
  const scripts = new Map<string, Debugger.ScriptParsedEventDataType>();
  const session = new Session();
  session.connect();
  try {
    session.on('Debugger.scriptParsed', ({ params }) => scripts.set(params.scriptId, params));
    session.post('Debugger.enable');
    const location = functionLocation(session, subject);
    const script = location && scripts.get(location.scriptId);
    if (!location || !script) return null;
    return {
      scriptUrl: script.url,
      sourceMapUrl: script.sourceMapURL ?? '',
      line: location.lineNumber,
      column: location.columnNumber ?? 0,
    };
  } finally {
    session.disconnect();
  }
}

function functionLocation(session: Session, subject: NewableFunction): Debugger.Location | null {
  let location: Debugger.Location | null = null;
  Object.defineProperty(globalThis, HANDLE, { value: subject, configurable: true });
  try {
    session.post('Runtime.evaluate', { expression: HANDLE }, (_error, found) => {
      const { objectId } = (found as Runtime.EvaluateReturnType | undefined)?.result ?? {};
      if (objectId === undefined) return;
      session.post('Runtime.getProperties', { objectId, ownProperties: true }, (_failure, properties) => {
        const { internalProperties = [] } = properties as Partial<Runtime.GetPropertiesReturnType>;
        const property = internalProperties.find(({ name }) => name === '[[FunctionLocation]]');
        location = (property?.value?.value as Debugger.Location | undefined) ?? null;
      });
    });
  } finally {
    Reflect.deleteProperty(globalThis, HANDLE);
  }
  return location;
}

function originalFile(place: CodePlace, script: string | null): string | null {
  if (place.sourceMapUrl === '' || script === null) return null;
  const base = pathToFileURL(script);
  const text = readMap(place.sourceMapUrl, base);
  if (text === null) return null;
  try {
    const payload = JSON.parse(text) as SourceMapPayload;
    const entry = new SourceMap(payload).findEntry(place.line, place.column);
    if (!('originalSource' in entry)) return null;
    const root = payload.sourceRoot ? `${payload.sourceRoot.replace(/\/$/, '')}/` : '';
    const mapBase = place.sourceMapUrl.startsWith('data:') ? base : new URL(place.sourceMapUrl, base);
    return pathOf(new URL(`${root}${entry.originalSource}`, mapBase).href);
  } catch {
    // A broken source map is ignored: then the script itself is the source.
    return null;
  }
}

function readMap(url: string, base: URL): string | null {
  const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/s.exec(url);
  if (inline) {
    const [, encoding, body = ''] = inline;
    return encoding ? Buffer.from(body, 'base64').toString('utf8') : decodeURIComponent(body);
  }
  const path = pathOf(new URL(url, base).href);
  return path !== null && existsSync(path) ? readFileSync(path, 'utf8') : null;
}

function pathOf(url: string): string | null {
  if (isAbsolute(url)) return url;
  return url.startsWith('file:') ? fileURLToPath(url.replace(/[?#].*$/, '')) : null;
}
