// Strict, type-checked rules, and which room may use which package. Imports between rooms: .dependency-cruiser.mjs.
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { ENTRIES, LAYERS } from './layers.mjs';

/** What only some rooms may use. */
const PACKAGES = {
  vscode: { group: ['vscode'], rooms: ['editor'], message: 'Only the editor knows VS Code.' },
  duckdb: {
    group: ['@duckdb/*'],
    rooms: ['store', 'sources'],
    message: 'Only the store and the sources know DuckDB.',
  },
  node: {
    // A hash depends on nothing but what is hashed.
    group: ['node:*', '!node:crypto'],
    rooms: [
      ...['editor', 'cli', 'present', 'discovery', 'scaffold'],
      ...['client', 'child', 'protocol', 'hosts', 'store', 'sources', 'live'],
    ],
    message: 'Engine and SDK are pure, and what a page shares runs in a browser: hand in what they need.',
  },
};

function packageRules(room) {
  const patterns = Object.values(PACKAGES)
    .filter(({ rooms }) => !rooms.includes(room))
    .map(({ group, message }) => ({ group, message }));
  return {
    files: [`src/${room}/**/*.ts`, ...(ENTRIES[room] ?? [])],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  };
}

export default defineConfig(
  { ignores: ['dist*/', '**/node_modules/', '**/.*/'] },
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-cond-assign': 'error',
      'no-constant-binary-expression': 'error',
      'no-control-regex': 'error',
      'no-debugger': 'error',
      'no-dupe-else-if': 'error',
      'no-duplicate-case': 'error',
      'no-empty': 'error',
      'no-fallthrough': 'error',
      'no-irregular-whitespace': 'error',
      'no-loss-of-precision': 'error',
      'no-self-assign': 'error',
      'no-sparse-arrays': 'error',
      'no-unreachable': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-escape': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      // An interface that promises is kept also where there is nothing to wait for, and throws become rejections.
      '@typescript-eslint/require-await': 'off',
      // Functions are taken off their objects on purpose: intrinsics before strategies run, providers' own methods.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-extraneous-class': [
        'error',
        { allowStaticOnly: true, allowConstructorOnly: true, allowWithDecorator: true },
      ],
      // Numbers and truths read well in a sentence.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `onLine: (line) => log(line)` is fine; a value that is used is not.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
    },
  },
  {
    // The sample is a project of its own, checked against the published types.
    files: ['media/**/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    // Mocha's describe and it return nothing to wait for, and tests hand in what the types rule out.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      // Strategy code throws what it likes, and tests throw it as well.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
    },
  },
  { files: ['**/*.js', '**/*.mjs'], rules: { 'no-unused-vars': 'error' } },
  {
    // The page runs in a browser, on what it shares with the editor.
    files: ['webview/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [{ group: ['node:*', 'vscode'], message: 'The page runs in a browser.' }],
        },
      ],
    },
  },
  ...LAYERS.flat().map(packageRules),
);
