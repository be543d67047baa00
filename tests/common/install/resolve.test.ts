// The values that an install is told: which layer counts, what a typed text becomes, and what is refused.
import { expect, test } from 'vitest';
import type { Parameter } from '../../../common/install/plan.ts';
import { problemsOf } from '../../../common/checked.ts';
import { resolveParameters } from '../../../common/install/resolve.ts';

const parameter = (name: string, type: Parameter['type'], more: Partial<Parameter> = {}): Parameter => ({
  name,
  type,
  default: null,
  required: false,
  secret: false,
  help: '',
  ...more,
});

const declared = [
  parameter('locale', 'text', { default: 'en_US.UTF-8' }),
  parameter('packages', 'texts'),
  parameter('vlan', 'number'),
  parameter('k3s', 'flag', { default: false }),
  parameter('users', 'users'),
  parameter('bond', 'bond'),
  parameter('rootPassword', 'text', { secret: true }),
];

const layer = (from: string, values: Record<string, unknown>) => ({
  from,
  field: from === '--set' ? 'input.set' : 'spec.install',
  values,
});
const resolve = (set: Record<string, unknown>, parameters = declared) =>
  resolveParameters(parameters, [
    layer('cluster home', { locale: 'de_DE.UTF-8', vlan: 1 }),
    layer('server db', { vlan: 2 }),
    layer('--set', set),
  ]);

test('a later layer counts more, and each value says where it is from', () => {
  expect(resolve({ vlan: 3 })).toEqual({
    value: {
      locale: { value: 'de_DE.UTF-8', from: 'cluster home' },
      vlan: { value: 3, from: '--set' },
      k3s: { value: false, from: 'profile' },
    },
  });
  expect(resolve({})).toMatchObject({ value: { vlan: { value: 2, from: 'server db' } } });
  // Null says nothing.
  expect(resolve({ vlan: null })).toMatchObject({ value: { vlan: { value: 2 } } });
});

test.each<[string, unknown, unknown]>([
  ['packages', 'vim,git', ['vim', 'git']],
  ['packages', '["vim"]', ['vim']],
  ['packages', ['vim'], ['vim']],
  ['vlan', '7', 7],
  ['k3s', 'true', true],
  ['locale', '7', '7'],
  ['bond', '{"macs":["52-54-00-00-00-01"]}', { name: 'bond0', mode: 'active-backup', macs: ['52:54:00:00:00:01'] }],
  ['users', '[{"name":"ann","admin":true}]', [{ name: 'ann', groups: [], sshKeys: [], admin: true }]],
  ['rootPassword', 'root-of-rack-a', 'root-of-rack-a'],
  ['disk', 'serial:S1', 'serial:S1'],
])('%s set to %j', (name, given, value) => {
  expect(resolve({ [name]: given })).toMatchObject({ value: { [name]: { value, from: '--set' } } });
});

test.each<[string, unknown, string, string]>([
  ['vlan', 'seven', 'input.set.vlan', 'It has to be a number'],
  ['k3s', 'yes', 'input.set.k3s', 'It has to be true or false'],
  ['users', '[{"name":"Ann"}]', 'input.set.users[0].name', '"Ann" does not do.'],
  ['bond', '{"mode":"fast","macs":[]}', 'input.set.bond.mode', 'does not do'],
  ['locale', 'a\u0007b', 'input.set.locale', 'control characters'],
])('%s set to %j is refused', (name, given, field, message) => {
  const [problem] = problemsOf(resolve({ [name]: given }));
  expect(problem).toMatchObject({ field });
  expect(problem!.message).toContain(message);
});

test('what the profile does not have is refused, with the name that was probably meant and who says it', () => {
  const [typed] = problemsOf(resolve({ locael: 'C' }));
  expect(typed).toMatchObject({
    field: 'input.set.locael',
    message: 'The profile has no parameter "locael", which --set sets.',
    remedy: 'Did you mean "locale"?',
  });
  const [kept] = problemsOf(resolveParameters([], [layer('server db', { vlan: 2 })]));
  expect(kept).toMatchObject({ field: 'spec.install.vlan', remedy: 'There are: disk.' });
});

test('what is required and said nowhere is refused, with how to say it', () => {
  const [missing] = problemsOf(resolve({}, [...declared, parameter('mirror', 'text', { required: true })]));
  expect(missing).toMatchObject({ field: 'input.set.mirror', remedy: 'Say it: --set mirror=VALUE.' });
});
