// Making tokens: the one mutation that answers with a secret besides the object.
import { createObject } from '../../server/domain/objects/objects.ts';
import { token as inventory } from '../../server/domain/access/token.ts';
import type { Minted } from '../../server/domain/access/secrets.ts';
import { builder } from '../base/builder.ts';
import type { Row } from '../base/rows.ts';
import type { Context } from '../base/context.ts';
import { resultUnion } from '../base/errors.ts';
import { Token, TokenPurpose } from '../kinds/token.ts';
import { User } from '../kinds/user.ts';
import { change } from './mutation.ts';

interface Created {
  readonly __typename: 'CreatedToken';
  readonly token: Row;
  readonly secret: string;
}

const CreatedToken = builder.objectRef<Created>('CreatedToken').implement({
  description: 'A token that was just made, with its secret.',
  fields: (t) => ({
    token: t.field({ type: Token.object, description: 'The token.', resolve: ({ token }) => token }),
    secret: t.exposeString('secret', { description: 'The secret, shown this once: labd keeps only its hash.' }),
  }),
});

const CreateTokenInput = builder.inputType('CreateTokenInput', {
  description: 'A token to make.',
  fields: (t) => ({
    purpose: t.field({ type: TokenPurpose, required: true, description: 'What it is for.' }),
    name: t.string({ description: 'The name, a DNS label; one is made up when absent.' }),
    cloud: t.string({ description: 'The cloud it belongs to, and what enrols with it; `default` when absent.' }),
    environment: t.string({
      description: 'The environment it belongs to, and what enrols with it; `default` when absent.',
    }),
    labels: t.field({ type: 'Labels', description: 'Its labels, all of them.' }),
    user: t.field({ type: User.by, description: 'Whose permissions it has; your own when absent. API only.' }),
    subject: t.string({ description: 'The name that whatever enrols with it gets. BASTION and AGENT only.' }),
    uses: t.int({ description: 'How often something can enrol with it; once when absent. BASTION and AGENT only.' }),
    ttl: t.field({
      type: 'Counter',
      description: 'After how many seconds it ends; when absent, 90 days for the API and an hour to enrol.',
    }),
  }),
});

builder.mutationField('createToken', (t) =>
  t.field({
    type: resultUnion('CreateTokenResult', 'What createToken answers.', [CreatedToken]),
    action: 'apply',
    kind: 'Token',
    description: 'Makes a token. Its secret is in the answer, and nowhere else.',
    args: { input: t.arg({ type: CreateTokenInput, required: true, description: 'What it is for.' }) },
    resolve: (async (_root: unknown, { input }: { input: typeof CreateTokenInput.$inferInput }, context: Context) => {
      let secret = '';
      const token = await change(context, 'createToken', 'Token', async () => {
        const user = input.user && User.referenceWays(input.user);
        const prepared = await inventory.prepare!({ ...input, user });
        secret = (prepared['secret'] as Minted).text;
        // Whoever joins knows labd by it: the dot and what follows are not part of the secret.
        if (input.purpose !== 'API') secret += `.${context.authority.keyHash}`;
        return (tx, may) => createObject(tx, inventory, prepared, may);
      });
      return { __typename: 'CreatedToken', token, secret } satisfies Created;
    }) as never,
  }),
);
