import * as v from 'valibot';
import { parseDocument } from 'yaml';
import { SeamlessError } from '../sdk/errors.js';

const optionValue = v.union([
  v.string(),
  v.number(),
  v.pipe(v.array(v.string()), v.readonly()),
  v.pipe(v.record(v.string(), v.string()), v.readonly()),
]);

/** Options of a provider of files, as they are typed. The provider checks names and values. */
export type ProviderOptions = Readonly<Record<string, v.InferOutput<typeof optionValue>>>;

/**
 * Options written as in a strategy, `timeZone: 'Europe/London', skip: 2`, with braces around them or without; of one that is said twice,
 * the last counts.
 * @throws SeamlessError `usage`
 */
export function parseProviderOptions(text: string): ProviderOptions {
  const bare = text.trim().replace(/^\{([^]*)\}$/, '$1');
  // What stands between braces in code is YAML as well.
  const document = parseDocument(`{${bare}}`, { uniqueKeys: false });
  const outcome = v.safeParse(
    v.record(v.string(), optionValue),
    document.errors.length > 0 ? null : document.toJS(),
  );
  if (!outcome.success) {
    throw new SeamlessError(
      'usage',
      `The options ${JSON.stringify(bare)} cannot be read: write them as in a strategy, such as timeZone: 'Europe/London', skip: 2.`,
    );
  }
  const { delimiter } = outcome.output;
  // Code has an escape for what is hard to type.
  return delimiter === '\\t' ? { ...outcome.output, delimiter: '\t' } : outcome.output;
}
