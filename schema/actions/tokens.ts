// Making tokens: the one mutation that answers with a secret besides the object.
import { createObject } from '../../server/domain/objects/objects.ts';
import { token as inventory } from '../../server/domain/access/token.ts';
import type { Minted } from '../../server/domain/access/secrets.ts';
import { builder } from '../base/builder.ts';
import type { Row } from '../base/rows.ts';
import { resultUnion } from '../base/errors.ts';
import { Token } from '../kinds/token.ts';
import { inputOf, resolved } from './fields.ts';
import { change } from './mutation.ts';

interface Created {
  readonly __typename: 'CreatedToken';
  readonly token: Row;
  readonly secret: string;
}

const CreatedToken = builder.objectRef<Created>('CreatedToken').implement({
  description: 'A token that was just made, with its secret.',
  fields: (t) => ({
    token: t.field({
      type: Token.object,
      description: 'The token, without its secret.',
      resolve: ({ token }) => token,
    }),
    secret: t.exposeString('secret', { description: 'The secret, shown this once: labd keeps only its hash.' }),
  }),
});

const CreateTokenInput = inputOf('CreateTokenInput', 'A token to make, and whom or what it is for.', inventory.fields);

builder.mutationField('createToken', (t) =>
  t.field({
    type: resultUnion('CreateTokenResult', 'What createToken answers.', [CreatedToken]),
    action: 'apply',
    kind: 'Token',
    description: 'Makes a token. Its secret is in the answer, and nowhere else.',
    args: {
      input: t.arg({ type: CreateTokenInput, required: true, description: 'What the token is for, and how long.' }),
    },
    resolve: async (_root, { input }, context) => {
      let secret = '';
      const token = await change(context, 'createToken', 'Token', async () => {
        const prepared = await inventory.prepare!(resolved(inventory.fields, input));
        secret = (prepared['secret'] as Minted).text;
        // After a dot comes the hash of labd's key, by which a bastion or an agent recognises labd: no part of the secret.
        if (input['purpose'] !== 'API') secret += `.${context.authority.keyHash}`;
        return (tx, may) => createObject(tx, inventory, prepared, may);
      });
      return { __typename: 'CreatedToken', token, secret } satisfies Created;
    },
  }),
);
