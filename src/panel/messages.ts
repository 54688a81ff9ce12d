import * as v from 'valibot';

import type { FromPage, Protocol, ToPage } from './protocol.js';
import { payloads, results, type PanelRequestKind } from './requests.js';
import { liveCoverage, liveRun, name, panelProgress, panelState } from './state.js';

/* The messages between the DAG panel's page and the extension host. */

const told = v.variant('type', [
  v.object({ type: v.literal('state'), state: panelState }),
  /** Progress of a run; its end is reported by a state. `coverage` holds the nodes that progressed. */
  v.object({ type: v.literal('progress'), progress: panelProgress, coverage: v.array(liveCoverage) }),
  /** The last values from a run in a world; null: no run is active. */
  v.object({ type: v.literal('live'), live: v.nullable(liveRun) }),
  /** Selects a node and brings it into view. */
  v.object({ type: v.literal('select'), node: name }),
]);
type Told = Readonly<v.InferOutput<typeof told>>;

export const dagProtocol = { name: 'DAG panel', payloads, results, told } satisfies Protocol<
  typeof payloads,
  typeof results,
  Told
>;

export type PageToHost = FromPage<PanelRequestKind>;
export type HostToPage = ToPage<Told>;
