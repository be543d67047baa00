// Lint rules: what the type checker does not see, and the house's own.
import tseslint from 'typescript-eslint';

const functions = ':matches(FunctionDeclaration, FunctionExpression, ArrowFunctionExpression)';
/** Calls whose function argument is the work of a transaction. */
const transactions =
  'CallExpression[callee.property.name=/^(write|read|[$]transaction)$/][callee.object.name=/^(db|database|prisma)$/] >';

export default tseslint.config(
  { ignores: ['**/generated/**', 'dist/**', 'coverage/**', '.lab/**', 'tests/bench/peers/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A set of handlers is often async by its interface rather than by need.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a table or a union of strings; types must be erasable.' },
      ],
      // Objects here are records of closures, not classes: their functions may be taken apart.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    // As far as a linter sees it: who has a transaction's client, or is the work of one, uses no other.
    files: ['server/**/*.ts', 'schema/**/*.ts'],
    ignores: ['server/store/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[`${functions}:has(> Identifier.params[name=/^(tx|client)$/])`, `${transactions} ${functions}`].map(
          (inside) => ({
            selector: `${inside} MemberExpression[property.name=/^(prisma|pool)$/]`,
            message:
              'Inside a transaction only its own client may be used: take it (tx.client) as an argument instead.',
          }),
        ),
        {
          selector: `${transactions} ${functions} CallExpression[callee.property.name=/^(write|read|[$]transaction)$/][callee.object.name=/^(db|database)$/]`,
          message: 'Transactions do not nest.',
        },
      ],
    },
  },
  {
    // Tests look into answers, which are JSON of any shape.
    files: ['tests/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { sourceType: 'module', ecmaVersion: 2024 },
    rules: { eqeqeq: ['error', 'always', { null: 'ignore' }], 'no-unused-vars': 'error' },
  },
);
