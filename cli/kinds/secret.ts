// Secrets on the command line: their value is taken from a file, a variable or the terminal, and never shown.
import * as inputs from '../generated/inputs.ts';
import { catalog } from '../../schema/catalog.ts';
import {
  CreateSecretDocument,
  DeleteSecretDocument,
  DescribeSecretDocument,
  type DescribeSecretQuery,
  RenameSecretDocument,
  SecretDocument,
  type SecretRowFragment,
  SecretsDocument,
  WatchSecretsDocument,
} from '../generated/documents.ts';
import { age } from '../terminal/text.ts';
import { createFlags } from './decided.ts';
import { defineKind, placeColumns, placedFlags, placeFacts, type Section } from './kind.ts';

type Described = NonNullable<DescribeSecretQuery['one']>;

const describe = (secret: Described): Section => ({
  title: `secret/${secret.name}`,
  facts: [
    ['Id', secret.id],
    ['Description', secret.description],
    ['Value', 'never shown'],
    ['Reference', secret.secretRef],
    ...placeFacts(secret),
    ['Created', secret.createdAt],
    ['Changed', secret.updatedAt],
  ],
});

export const secret = defineKind<SecretRowFragment, Described>({
  kind: catalog.Secret,
  documents: {
    list: SecretsDocument,
    get: SecretDocument,
    watch: WatchSecretsDocument,
    describe: DescribeSecretDocument,
    create: CreateSecretDocument,
    rename: RenameSecretDocument,
    remove: DeleteSecretDocument,
  },
  columns: [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'REFERENCE', wide: true, value: ({ secretRef }) => secretRef },
    { header: 'DESCRIPTION', value: ({ description }) => description },
    ...placeColumns,
    { header: 'CHANGED', value: ({ updatedAt }, now) => age(updatedAt, now) },
  ],
  manifest: (row) => ({
    spec: { description: row.description, secretRef: row.secretRef },
    status: { createdAt: row.createdAt, updatedAt: row.updatedAt },
  }),
  describe,
  create: createFlags(inputs.Secret, {
    'from-file': {
      field: 'value',
      type: 'file',
      exclusive: ['from-env', 'prompt'],
      description: 'read the value from a file, - for standard input; the newline at its end is left out',
    },
    'from-env': {
      field: 'value',
      type: 'variable',
      exclusive: ['prompt'],
      description: 'take the value of this environment variable',
    },
    prompt: {
      field: 'value',
      type: 'typed',
      anyway: true,
      description: 'ask for the value, twice; so it is without another flag that gives it',
    },
    ...placedFlags,
  }),
  example: 'bmc-rack-a --from-file password.txt',
  orders: ['NAME', 'CREATED_AT', 'UPDATED_AT'],
});
