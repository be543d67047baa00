// How often somebody may fail to enrol, who needs no credential to try.
import { expect, test } from 'vitest';
import { authorityOf, makeAuthority } from '../../../server/domain/access/authority.ts';
import { openGraph } from '../../support/graph.ts';
import { realSystem } from '../../../common/system.ts';

const ENROL =
  'mutation { made: enrol(input: { kind: BASTION, token: "none", csr: "none" }) { __typename ... on UserError { message remedy } } }';
const LOGIN = 'mutation { made: login(input: { name: "ann", password: "a guess" }) { __typename } }';

test('ten failures from an address are forgiven, and people sign in there all the same', async () => {
  const { data } = await openGraph({
    calm: true,
    authority: await authorityOf(await makeAuthority(realSystem), realSystem),
  });
  for (let i = 0; i < 10; i++) expect((await data(ENROL)).made).toMatchObject({ __typename: 'InvalidInput' });
  expect((await data(ENROL)).made).toMatchObject({
    __typename: 'Conflict',
    message: expect.stringContaining('too many failed sign-ins of bastions and agents at') as string,
    remedy: expect.stringMatching(/^Wait \d+ seconds/) as string,
  });
  // Wrong, but heard.
  expect((await data(LOGIN)).made).toMatchObject({ __typename: 'InvalidInput' });
});
