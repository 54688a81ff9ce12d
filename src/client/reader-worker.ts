// Entry of the worker thread by which a script reads history without waiting for a promise; see SyncReader.
import { workerData } from 'node:worker_threads';

import { JobClient } from './job-client.js';
import type { ReadPayload } from '../protocol/history.js';
import { answer, type ReaderData } from './sync-reader.js';
import { serializeError } from '../protocol/wire-error.js';

const data = workerData as ReaderData;
let client: JobClient | null = null;

async function read(payload: ReadPayload): Promise<void> {
  try {
    if (!client?.alive) client = JobClient.start({ childPath: data.childPath });
    answer(data, { table: await client.request('read', payload) });
  } catch (error) {
    answer(data, { error: serializeError(error) });
  }
}

data.port.on('message', (payload: ReadPayload) => void read(payload));
