/** For `JSON.stringify`: JSON has no infinite numbers or NaN, so they become texts. */
export function notFinite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
