// Lint rules: what the type checker does not see, and the house's own.
import tseslint from 'typescript-eslint';

const transactionRule =
  'Inside a transaction only its own client may be used: take the client (tx.client) as an argument instead.';

export default tseslint.config(
  { ignores: ['**/generated/**', 'dist/**', 'coverage/**', '.lab/**', 'tests/bench/peers/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
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
    // data.md's rule as far as a linter sees it: domain code never gets at a client that is not its transaction's.
    files: ['server/domain/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: "MemberExpression[property.name='prisma']", message: transactionRule },
        { selector: "MemberExpression[property.name='pool']", message: transactionRule },
        { selector: "Property[key.name='prisma'][parent.type='ObjectPattern']", message: transactionRule },
        { selector: "MemberExpression[property.name='$transaction']", message: 'Transactions do not nest.' },
      ],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/store/client.ts', '@prisma/client', '@prisma/adapter-pg', 'pg'],
              allowTypeImports: true,
              message: transactionRule,
            },
          ],
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
