// For one file or room at a time: `npx mocha 'test/store/**/*.test.ts'`. Everything: `npm test`.
module.exports = { 'node-option': ['import=tsx'], timeout: 900_000 };
