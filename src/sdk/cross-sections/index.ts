export { neutralize, type Group } from './neutralize.js';
export { quantiles, rank, topN, type RankOptions, type TopOptions } from './ranks.js';
export {
  demean,
  weights,
  winsorize,
  zscore,
  type WeightsOptions,
  type WinsorizeOptions,
  type ZscoreOptions,
} from './scaling.js';
