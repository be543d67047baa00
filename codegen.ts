// The typed documents of the CLI and the bastion, from the committed SDL; a document with a wrong field fails here.
import type { CodegenConfig } from '@graphql-codegen/cli';

/** Documents become strings with types attached, so that no client has to load a GraphQL parser. */
const documents = (folder: string) => ({
  documents: `${folder}/**/*.graphql`,
  plugins: ['typescript-operations', 'typed-document-node'],
  config: {
    documentMode: 'string',
    enumsAsTypes: true,
    useTypeImports: true,
    avoidOptionals: { field: true },
    scalars: {
      ID: 'string',
      DateTime: 'string',
      Counter: 'number',
      Revision: 'string',
      Labels: 'Record<string, string>',
      JSON: 'unknown',
      Manifest: 'object',
    },
  },
});

const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  generates: {
    'cli/generated/documents.ts': documents('cli'),
    'bastion/generated/documents.ts': documents('bastion'),
  },
};

export default config;
