// Entry of the worker thread for synchronous reads; see SyncReader.
import { workerData } from 'node:worker_threads';

import { JobClient } from './job-client.js';
import type { Payload } from '../protocol/payloads.js';
import type { Table } from '../sdk/table.js';
import { PlacesReader } from '../store/segments/places-reader.js';
import { answer, type ReaderData } from './sync-reader.js';
import { serializeError } from '../protocol/wire-error.js';

const data = workerData as ReaderData;
const places = new PlacesReader();
let client: JobClient | null = null;
let idle: NodeJS.Timeout | undefined;

async function read(payload: Payload<'read'>): Promise<void> {
  clearTimeout(idle);
  try {
    answer(data, { table: await table(payload) });
  } catch (error) {
    answer(data, { error: serializeError(error) });
  }
  idle = setTimeout(end, data.idleMs);
}

async function table(payload: Payload<'read'>): Promise<Table> {
  const kept = client?.alive ? client : null;
  client = kept ?? JobClient.start({ childPath: data.childPath, loads: false });
  try {
    return await readThrough(client, payload);
  } catch (error) {
    // A child that ended between reads is noticed only now.
    if (!kept || kept.alive) throw error;
    client = JobClient.start({ childPath: data.childPath, loads: false });
    return readThrough(client, payload);
  }
}

async function readThrough(child: JobClient, payload: Payload<'read'>): Promise<Table> {
  return places.read(await child.request('places', payload)) ?? child.request('read', payload);
}

/** A script reads one history at a time, so no read is in progress here. */
function end(): void {
  const ended = client;
  client = null;
  void ended?.dispose();
}

data.port.on('message', (payload: Payload<'read'>) => void read(payload));
