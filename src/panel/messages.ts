import * as v from 'valibot';

import type { FromPage, Protocol, ToPage } from './protocol.js';
import { payloads, results, type PanelRequestKind } from './requests.js';
import { liveCoverage, liveRun, name, panelProgress, panelState } from './state.js';

/* What the DAG panel's page and the extension host say to each other. */

const told = v.variant('type', [
  v.object({ type: v.literal('state'), state: panelState }),
  /** A run went on; its end is told by a state. `coverage` holds the nodes that came further. */
  v.object({ type: v.literal('progress'), progress: panelProgress, coverage: v.array(liveCoverage) }),
  /** What a run in a world said last of each node; null: none goes on any more. */
  v.object({ type: v.literal('live'), live: v.nullable(liveRun) }),
  /** Selects a node, and brings it into view. */
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
