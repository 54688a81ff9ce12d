// A parent that is going to be killed: starts a child, tells its pid, and waits.
import { JobClient } from '../../src/client/job-client.js';

const client = JobClient.start({ childPath: process.argv[2] ?? '' });
await client.request('describe', { strategy: { file: 'echo', className: null, projectRoot: '/p' } });
process.send?.(client.pid);
