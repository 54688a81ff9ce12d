import { demoHistory } from 'seamless-dag';

/**
 * A made-up market, so that the sample runs without any data: a seed stands for a symbol, and the same seed gives the
 * same prices on every machine. To run on your own bars, put `csvHistory('data/btcusdt-1m.csv')` in its place.
 */
const YEAR = { start: '2023-01-01', end: '2024-01-01' };
const BTC = { ...YEAR, seed: 11, price: 25_000 };
const ETH = { ...YEAR, seed: 12, price: 1_750 };

/** Standard deviation of a minute's return. */
const BTC_VOLATILITY = 0.0005;
const ETH_VOLATILITY = 0.0006;

/** One minute in five hundred is missing, as real exchanges have it. */
const HOLES = 0.002;

export const btcMinutes = demoHistory({ ...BTC, volatility: BTC_VOLATILITY, holes: HOLES });
export const ethMinutes = demoHistory({ ...ETH, volatility: ETH_VOLATILITY, holes: HOLES });

/** The same market by the hour: volatility grows with the root of time. */
export const btcHours = demoHistory({ ...BTC, volatility: BTC_VOLATILITY * Math.sqrt(60) });
