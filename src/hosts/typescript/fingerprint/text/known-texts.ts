import { analysedTexts } from './analyse.js';
import type { CodeText } from './code-text.js';

/**
 * Analysis results as JSON. The functions of built-in indicators are analysed when the package is built, since parsing the first
 * few texts takes a process twenty milliseconds.
 */

type Stored = readonly [text: string, found: StoredText];

interface StoredText extends Omit<CodeText, 'receiver' | 'propertyNames' | 'instanceArrows'> {
  readonly receiver: {
    readonly names: readonly string[];
    readonly privateNames: readonly string[];
    readonly whole: boolean;
    readonly parent: boolean;
  };
  readonly propertyNames: readonly string[];
  readonly instanceArrows: readonly number[];
}

/** All texts that this process has analysed. */
export function writeTexts(): string {
  const stored = [...analysedTexts].map(([text, found]): Stored => {
    const { receiver, propertyNames, instanceArrows } = found;
    return [
      text,
      {
        ...found,
        receiver: {
          ...receiver,
          names: [...receiver.names],
          privateNames: [...receiver.privateNames],
        },
        propertyNames: [...propertyNames],
        instanceArrows: [...instanceArrows],
      },
    ];
  });
  return JSON.stringify(stored);
}

/** Loads the results from this program's build. */
export function readTexts(json: string): void {
  for (const [text, found] of JSON.parse(json) as Stored[]) {
    const { receiver, propertyNames, instanceArrows } = found;
    analysedTexts.set(text, {
      ...found,
      receiver: {
        ...receiver,
        names: new Set(receiver.names),
        privateNames: new Set(receiver.privateNames),
      },
      propertyNames: new Set(propertyNames),
      instanceArrows: new Set(instanceArrows),
    });
  }
}
