import { Session } from 'node:inspector';

import { Intrinsics } from '../../../../../src/hosts/typescript/fingerprint/intrinsics.js';

/*
 * Does what VS Code's debugger does when it attaches to a thread that has taken its fingerprints: evaluates in every context
 * that there is. Prints the values.
 */
new Intrinsics({});
const session = new Session();
session.connect();
const contexts: number[] = [];
session.on('Runtime.executionContextCreated', ({ params }) => contexts.push(params.context.id));
session.post('Runtime.enable');
globalThis.gc?.();
const values: unknown[] = [];
for (const contextId of contexts) {
  session.post('Runtime.evaluate', { contextId, expression: '6 * 7' }, (error, answer) => {
    values.push(error ? error.message : answer.result.value);
  });
}
console.log(JSON.stringify(values));
