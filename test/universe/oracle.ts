import { SECTORS } from './market.js';
import { sqlText } from '../../src/sdk/sql-text.js';

/** The families of the strategy in `market.ts`, each as DuckDB works it out of the long table: ts, symbol, value. */
export function factorsSql(prices: string): Readonly<Record<string, string>> {
  const sectors = Object.entries(SECTORS).map(
    ([ticker, sector]) => `(${sqlText(ticker)}, ${sqlText(sector)})`,
  );
  const base = `WITH bars AS (SELECT epoch(date)::DOUBLE AS ts, ticker AS symbol, close FROM ${prices}),
    windows AS (SELECT ts, symbol, close, lag(close, 10) OVER w AS before, avg(close) OVER (PARTITION BY symbol ORDER BY ts ROWS 4 PRECEDING) AS mean,
      row_number() OVER w AS n FROM bars WINDOW w AS (PARTITION BY symbol ORDER BY ts)),
    mom AS (SELECT ts, symbol, close / before - 1 AS value FROM windows WHERE n > 10),
    mean AS (SELECT ts, symbol, mean AS value FROM windows WHERE n > 4),
    gap AS (SELECT ts, symbol, close - mean AS value FROM windows WHERE n > 4),
    place AS (SELECT ts, symbol, rank() OVER (PARTITION BY ts ORDER BY value)
      + (count(*) OVER (PARTITION BY ts, value) - 1) / 2 AS value FROM mom),
    score AS (SELECT ts, symbol, CASE WHEN count(*) OVER d = 1 THEN 0
      ELSE (value - avg(value) OVER d) / stddev_samp(value) OVER d END AS value FROM mom WINDOW d AS (PARTITION BY ts)),
    sectors(symbol, sector) AS (VALUES ${sectors.join(', ')}),
    pure AS (SELECT ts, symbol, value - avg(value) OVER (PARTITION BY ts, sector) AS value FROM mom JOIN sectors USING (symbol)),
    hold AS (SELECT ts, symbol, CASE WHEN sum(abs(value)) OVER d = 0 THEN 0 ELSE value / sum(abs(value)) OVER d END AS value
      FROM score WINDOW d AS (PARTITION BY ts)),
    breadth AS (SELECT ts, count(*) AS value FROM bars GROUP BY ts),
    share AS (SELECT ts, symbol, place.value / breadth.value AS value FROM place JOIN breadth USING (ts))`;
  const families = ['mom', 'mean', 'gap', 'place', 'score', 'pure', 'hold', 'share'];
  return Object.fromEntries(
    families.map((name) => [
      name,
      `${base} SELECT ts, symbol, value::DOUBLE AS value FROM ${name} ORDER BY symbol, ts`,
    ]),
  );
}
