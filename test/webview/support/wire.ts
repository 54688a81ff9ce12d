interface Spread {
  readonly $typed: 'Float64Array' | 'Uint8Array';
  readonly values: readonly (number | string)[];
}

/** A message as JSON can carry it, typed arrays told apart: VS Code does the like on the way to a webview. */
export function spread(value: unknown): unknown {
  if (value instanceof Float64Array || value instanceof Uint8Array) {
    const $typed = value instanceof Float64Array ? 'Float64Array' : 'Uint8Array';
    return {
      $typed,
      values: Array.from(value, (each) => (Number.isFinite(each) ? each : String(each))),
    } satisfies Spread;
  }
  if (Array.isArray(value)) return value.map(spread);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, spread(each)]));
}

/** The message as it was. It refers to nothing but itself, for it runs in the page. */
export function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== 'object' || value === null) return value;
  if ('$typed' in value) {
    const { $typed, values } = value as Spread;
    return $typed === 'Float64Array' ? Float64Array.from(values, Number) : Uint8Array.from(values, Number);
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revive(each)]));
}
