/** Options of the providers of files that a message may name. */
const OPTIONS =
  'time|timeUnit|timeFormat|timeZone|stamp|phase|completeUntil|snap|conformance|columns|delimiter|comment|skip|encoding|decimal|thousands|missing|symbol';
const TEXT = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`;
const ADVICE = new RegExp(
  String.raw`\b(${OPTIONS}): (?:(${TEXT})((?:,? or (?:${TEXT})|, (?:${TEXT}))*)|(\[[^\]]*\]|\{[^}]*\}|\d+))`,
  'g',
);

/** Options that a refusal names as ways out, as they are written in a strategy: `timeFormat: '%d/%m/%Y'`. One to be filled in is none. */
export function advisedOptions(message: string): string[] {
  // Options of another provider are none of this one.
  const found = [...message.replace(/\b\w+History\((?:"[^"]*"|[^)])*\)/g, '').matchAll(ADVICE)].flatMap(
    ([, name = '', text, more = '', other]) => {
      const values =
        text === undefined ? [other ?? ''] : [text, ...(more.match(new RegExp(TEXT, 'g')) ?? [])];
      return values.map((value) => `${name}: ${value}`);
    },
  );
  return [...new Set(found)].filter((option) => !option.includes('…'));
}
