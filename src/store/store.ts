export type { CacheLimits, CleanPlan } from './clean.js';
export { DamageFound } from './damage.js';
export { Store } from './node-store.js';
export { classOf } from './strategy-names.js';
export { querySql, type SqlQuery, type SqlResult, type SqlValue } from './query.js';
export { openStore, type OpenStoreOptions } from './open.js';
export { forgetHolder, noteHolder, type LockHolder } from './holder.js';
export type { ExportedFile, ExportRequest } from './export.js';
export type { FoundNode, NodeContents, StoreContents, StrategyContents } from './contents.js';
