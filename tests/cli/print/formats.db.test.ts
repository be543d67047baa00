// Every kind in every format, held to a file each.
import { describe, expect, test } from 'vitest';
import { kinds } from '../../../schema/catalog.ts';
import { SECRET_KEY } from '../../support/secrets.ts';
import { makeFleet } from '../fleet.ts';
import { masked, shareSite } from '../support.ts';

const site = shareSite(
  async (made) => {
    await makeFleet(made);
    await made.ask(`mutation {
    role: createRole(input: { name: "racks", description: "Who sees racks", permissions: ["read:*:*:*"] }) { __typename }
    user: createUser(input: { name: "ann", email: "ann@lab.example", password: "correct horse battery", roles: [{ name: "racks" }], labels: { team: "a" } }) { __typename }
    token: createToken(input: { name: "ci", purpose: API, user: { name: "ann" }, ttl: 2592000 }) { __typename }
    session: login(input: { name: "ann", password: "correct horse battery" }) { __typename }
    query: createStoredQuery(input: { name: "names", description: "All names", document: "{ servers { nodes { name } } }" }) { __typename }
    secret: createSecret(input: { name: "bmc", description: "Of rack A", value: "hunter2" }) { __typename }
    profile: createProfile(input: { name: "a-copy", title: "A copy", installer: "custom" }) { __typename }
  }`);
  },
  { LABD_KEY: SECRET_KEY },
);

/** Those that come with labd have files of their own. */
const among = (plural: string): string[] =>
  ['profiles', 'profile'].includes(plural) ? ['--environment', 'default'] : [];

const shown = kinds.filter(({ verbs }) => verbs.includes('get'));

/** Secrets' beginnings, hashes of documents aside, and how long is left: they differ from run to run. */
const settled = (text: string): string =>
  masked(text)
    .replaceAll(/lab_(pat|ses|join|link)_[A-Za-z0-9]+…?/g, 'lab_$1_<some>')
    .replaceAll(/\b(admin|bastion-north)-[0-9a-f]{6}\b/g, '$1-000000')
    .replaceAll(/\bin \d+[smhd]\b/g, 'in 0d');

describe.each(shown)('$plural', ({ plural, aliases }) => {
  test.each(['table', 'wide', 'json', 'yaml', 'name'])('as %s are what they always were', async (format) => {
    const { out, err, code } = await site.lab('get', plural, '-o', format, ...among(plural));
    expect({ code, err: err.replace(/^No \w+ found\.\n$/, '') }).toEqual({ code: 0, err: '' });
    await expect(settled(out)).toMatchFileSnapshot(`../golden/formats/${plural}.${format}`);
  });

  test('have the same names in each format, by whichever name the kind is called', async () => {
    const names = (await site.lab('get', plural, '-o', 'name', ...among(plural))).out
      .trim()
      .split('\n')
      .filter(Boolean);
    const { items } = JSON.parse((await site.lab('get', plural, '-o', 'json', ...among(plural))).out) as {
      items: object[];
    };
    expect(items).toHaveLength(names.length);
    for (const alias of aliases)
      expect(
        (await site.lab('get', alias, '-o', 'name', ...among(plural))).out.trim().split('\n').filter(Boolean),
      ).toEqual(names);
  });
});
