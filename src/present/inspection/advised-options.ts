/** Provider options that a message may name. */
const OPTIONS =
  'time|timeUnit|timeFormat|timeZone|stamp|phase|completeUntil|snap|conformance|columns|delimiter|comment|skip|encoding|decimal|thousands|missing|symbol';
const TEXT = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`;
const ADVICE = new RegExp(
  String.raw`\b(${OPTIONS}): (?:(${TEXT})((?:,? or (?:${TEXT})|, (?:${TEXT}))*)|(\[[^\]]*\]|\{[^}]*\}|\d+))`,
  'g',
);

/** Options that an error suggests, as code: `timeFormat: '%d/%m/%Y'`. Placeholders to fill in do not count. */
export function advisedOptions(message: string): string[] {
  // Options of another provider do not apply.
  const found = [
    ...message.replace(/\b\w+History\((?:"[^"]*"|`[^`]*`|[^)])*\)/g, '').matchAll(ADVICE),
  ].flatMap(([, name = '', text, more = '', other]) => {
    const values = text === undefined ? [other ?? ''] : [text, ...(more.match(new RegExp(TEXT, 'g')) ?? [])];
    return values.map((value) => `${name}: ${value}`);
  });
  return [...new Set(found)].filter((option) => !option.includes('…'));
}
