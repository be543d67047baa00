// Permissions as text: what is one, and when one covers another.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kinds, type KindName } from '../../../schema/catalog.ts';
import { placesFor } from '../../../schema/permissions/scope.ts';
import {
  checkPermission,
  formatGrant,
  GRANTABLE,
  notHeld,
  readGrant,
  type Grant,
} from '../../../server/domain/grants.ts';
import { BUILTIN_ROLES } from '../../../server/domain/access/roles.ts';
import { demandRight } from '../../../common/checked.ts';
import { InvalidInput } from '../../../server/domain/errors.ts';
import { matches } from '../../../server/domain/where.ts';

const plurals = new Set(['servers', 'networks', 'bastions']);
const parse = (text: string) => demandRight(checkPermission('input.permissions[0]', text, plurals));

test('the built-in roles are these', async () => {
  const table = BUILTIN_ROLES.map(
    ({ name, description, permissions }) => `${name}: ${description}\n  ${permissions.join('\n  ')}\n`,
  );
  await expect(table.join('\n')).toMatchFileSnapshot('golden/roles.txt');
});

describe('a permission', () => {
  test.each([
    'read:*:*:*',
    'apply:lab:prod:web-1',
    '*:*:*:*',
    'admin:l*:*:networks/lan',
    'destroy:a:b:networks/*',
    'read:*:*:web-*',
  ])('%s is one, and is written as it was', (text) => expect(formatGrant(parse(text))).toBe(text));

  test.each<[string, string]>([
    ['', 'four parts'],
    ['read', 'four parts'],
    ['read:*:*', 'four parts'],
    ['read:*:*:*:*', 'four parts'],
    ['look:*:*:*', 'no action'],
    ['uplink:*:*:*', 'no action'],
    ['READ:*:*:*', 'no action'],
    ['read:Lab:*:*', 'cloud'],
    ['read::*:*', 'cloud'],
    ['read:*:a b:*', 'environment'],
    ['read:*:*:', 'target'],
    ['read:*:*:*a', 'target'],
    ['read:*:*:a*b', 'target'],
    ['read:*:*:nics/*', 'no kind'],
    ['read:*:*:networks/', 'target'],
    ['read:*:*:networks/a/b', 'target'],
    ['read:%:*:*', 'cloud'],
    [`read:*:*:${'a'.repeat(64)}`, 'target'],
  ])('%j is none: %s', (text, why) => {
    expect(() => parse(text)).toThrow(InvalidInput);
    expect(() => parse(text)).toThrow(why);
  });
});

const part = fc.constantFrom('*', 'a', 'ab', 'a*', 'b', 'ab*');
const target = fc.oneof(
  part,
  fc.tuple(fc.constantFrom('servers', 'networks'), part).map(([kind, name]) => `${kind}/${name}`),
);
const grant: fc.Arbitrary<Grant> = fc.record({
  action: fc.constantFrom(...GRANTABLE),
  cloud: part,
  environment: part,
  target,
});
const name = fc.constantFrom('a', 'ab', 'abc', 'b', 'c');
const place = fc.record({ cloud: name, environment: name, name });

test('who holds a permission may do all that it allows', () => {
  const actions = ['read', 'apply', 'destroy', 'admin'] as const;
  const named = kinds.filter(({ partOf }) => !partOf).map(({ type }) => type as KindName);
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 3 }), grant, place, (scope, asked, where) => {
      if (notHeld(scope, [asked])) return;
      for (const action of actions) {
        for (const kind of named) {
          const row = { ...where, id: '' };
          if (matches(placesFor([asked], action, kind), row))
            expect(matches(placesFor(scope, action, kind), row)).toBe(true);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

test('nobody holds the uplink who was not given it by name', () => {
  const uplink: Grant = { action: 'uplink', cloud: 'a', environment: 'a', target: 'bastions/a' };
  expect(notHeld([readGrant('*:*:*:*')], [uplink])).toBe(uplink);
  expect(
    matches(placesFor([readGrant('*:*:*:*')], 'uplink', 'Bastion'), {
      id: '',
      cloud: 'a',
      environment: 'a',
      name: 'a',
    }),
  ).toBe(false);
});
