import type { ComputeRequest } from '../../engine/ports/host.js';
import { WORTH_SHARING } from '../../sdk/memory.js';
import type { Column, Table } from '../../sdk/table.js';

type Numbers = Float64Array | Int32Array | Uint8Array;

/** Arrays that were shared already: several nodes read the same column. A finished table's arrays are never written to. */
const known = new WeakMap<Numbers, Numbers>();

/** The same numbers, to be sent: in shared memory, and not copied if they are there already. Few are copied with the message. */
function share<T extends Numbers>(array: T): T {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const isWhole = array.byteLength === array.buffer.byteLength;
  if (array.byteLength < WORTH_SHARING && isWhole) return array;
  const before = known.get(array);
  if (before) return before as T;
  const shared = array.byteLength < WORTH_SHARING ? (array.slice() as T) : inSharedMemory(array);
  known.set(array, shared);
  return shared;
}

function inSharedMemory<T extends Numbers>(array: T): T {
  const make = array.constructor as new (memory: SharedArrayBuffer) => T;
  const shared = new make(new SharedArrayBuffer(array.byteLength));
  shared.set(array);
  return shared;
}

/** A table in shared memory. Texts cannot be shared, and are copied between threads. */
export function shareTable(table: Table): Table {
  return {
    ...table,
    ts: share(table.ts),
    columns: table.columns.map(shareColumn),
    present: table.present && share(table.present),
  };
}

function shareColumn(column: Column): Column {
  const valid = column.valid && share(column.valid);
  switch (column.type) {
    case 'number':
    case 'null':
      return { type: column.type, values: share(column.values), valid };
    case 'boolean':
      return { type: column.type, values: share(column.values), valid };
    default:
      return { type: column.type, values: column.values, valid };
  }
}

/** Requests of one message. A table that many of them read crosses once. */
export function shareRequests(requests: readonly ComputeRequest[]): ComputeRequest[] {
  const tables = new Map<Table, Table>();
  const sharedTable = (table: Table): Table => {
    const before = tables.get(table);
    if (before) return before;
    const shared = shareTable(table);
    tables.set(table, shared);
    return shared;
  };
  return requests.map((request) => ({
    ...request,
    opens: share(request.opens),
    asOf: share(request.asOf),
    inputs: request.inputs.map((input) => ({
      ...input,
      table: sharedTable(input.table),
      end: share(input.end),
    })),
  }));
}
