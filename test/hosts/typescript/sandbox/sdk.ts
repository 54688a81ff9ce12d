// What the strategies of these tests import as 'seamless-dag'.
export * from '../../../../src/sdk/errors.js';
export * from '../../../../src/sdk/node.js';
export * from '../../../../src/sdk/providers/providers.js';
export * from '../../../../src/sdk/live/runner.js';
export * from '../../../../src/sdk/strategy.js';
