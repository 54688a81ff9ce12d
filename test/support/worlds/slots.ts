import { MONTH } from '../../../src/sdk/time.js';

/** Slots by the definition: months with the dates of JavaScript, everything else by adding up. */
export interface Slots {
  readonly interval: number;
  readonly phase: number;
}

function monthsOf(interval: number): number | null {
  return interval % MONTH === 0 ? interval / MONTH : null;
}

function monthLater(open: number, months: number): number {
  const date = new Date(open * 1000);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1) / 1000;
}

/** A window in time that holds a bar of each of so many slots. */
export function spanOf(slots: number, interval: number): number {
  const months = monthsOf(interval);
  return slots * (months === null ? interval : months * 31 * 86_400);
}

export function closeOf(open: number, interval: number): number {
  const months = monthsOf(interval);
  if (months === null || !Number.isFinite(open)) return open + interval;
  return monthLater(open, months);
}

export function openOf(close: number, interval: number): number {
  const months = monthsOf(interval);
  if (months === null || !Number.isFinite(close)) return close - interval;
  return monthLater(close, -months);
}

export function floorTo(time: number, { interval, phase }: Slots): number {
  const months = monthsOf(interval);
  if (months === null) return Math.floor((time - phase) / interval) * interval + phase;
  const date = new Date(time * 1000);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
  return monthLater(time, -(month % months));
}

export function ceilTo(time: number, slots: Slots): number {
  const open = floorTo(time, slots);
  return open === time ? open : closeOf(open, slots.interval);
}
