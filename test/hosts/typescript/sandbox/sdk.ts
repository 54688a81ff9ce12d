// What the strategies of these tests import as 'seamless-dag'.
export * from '../../../../src/sdk/errors.js';
export * from '../../../../src/sdk/node.js';
export * from '../../../../src/sdk/providers.js';
export * from '../../../../src/sdk/runner.js';
export * from '../../../../src/sdk/strategy.js';
