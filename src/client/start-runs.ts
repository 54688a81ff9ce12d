import { fetchWith } from '../sdk/providers/presets.js';
import { startRunsWith } from '../sdk/live/runner.js';

// Loaded when a run is started: each strategy's thread loads this library, and none of them starts one.
startRunsWith(async (strategy, options) => (await import('./runner.js')).submit(strategy, options));
fetchWith(async (...asked) => (await import('./fetch.js')).fetchRows(...asked));
