export { ema, sma, type EmaOptions } from './averages.js';
export { rollingCorrelation, type RollingCorrelationOptions } from './correlation.js';
export { rollingStd, type RollingStdOptions } from './deviation.js';
export { rollingMax, rollingMin } from './extremes.js';
export type { IndicatorOptions, RollingOptions } from './indicator.js';
export { rsi, type RsiOptions } from './rsi.js';
