// What people type, understood: kinds and names, filters and orders, and commands themselves.
import { describe, expect, test } from 'vitest';
import { unknownCommand } from '../../../cli/command/usageErrors.ts';
import { filterOf } from '../../../cli/objects/filters.ts';
import { orderOf, sortRows } from '../../../cli/objects/order.ts';
import { nearest } from '../../../common/nearest.ts';
import { serversIn } from '../../../cli/objects/servers.ts';
import { findKind } from '../../../cli/kinds/index.ts';
import { references, selections } from '../../../cli/objects/references.ts';
import { findCommand, helpFor } from '../../../cli/command/route.ts';

const server = findKind('servers');
const network = findKind('net');

/** The kinds and names of a selection, to compare. */
const selected = (...words: string[]) => selections(words, 'get').map(({ view, names }) => [view.kind.field, ...names]);

describe('a selection', () => {
  test.each([
    [['servers'], [['server']]],
    [['SRV', 'a', 'b'], [['server', 'a', 'b']]],
    [['servers,net'], [['server'], ['network']]],
    [
      ['server/a', 'net/b', 'srv/c'],
      [
        ['server', 'a', 'c'],
        ['network', 'b'],
      ],
    ],
  ])('%j is %j', (words, expected) => expect(selected(...words)).toEqual(expected));

  test.each([
    [[], 'Say which kind to get.'],
    [['frobs'], 'lab has no kind "frobs".'],
    [['sever'], 'Did you mean "server"?'],
    [['servers,networks', 'a'], 'Names go with one kind only.'],
    [['server/a', 'b'], '"b" does not go with "server/a".'],
    [['server/'], '"server/" does not go with'],
    [['server/a/b'], '"server/a/b" does not go with'],
  ])('%j is refused in words', (words, message) => expect(() => selected(...words)).toThrow(message));
});

test('a verb of servers without any says what to type', () => {
  expect(() => serversIn([], 'logs')).toThrow('Say which server.');
});

describe('a reference', () => {
  const id = '0199a5d1-1111-7111-8111-111111111111';

  const serial = (called: string) => ({ serial: called });

  test.each(['38-05-25-33-E2-E4', '3805.2533.e2e4', '38052533e2e4'])(
    '%s is a name, else the MAC of a server, and of anything else a name',
    (mac) => {
      expect(references(server, mac)).toEqual([{ name: mac.toLowerCase() }, { mac }, serial(mac)]);
      expect(references(network, mac)).toEqual([{ name: mac.toLowerCase() }]);
    },
  );

  test.each(['38:05:25:33:e2:e4', '38:05:25:33:E2:E4'])('%s is no name, but the MAC of a server', (mac) => {
    expect(references(server, mac)).toEqual([{ mac }, serial(mac)]);
    expect(references(network, mac)).toEqual([{ name: mac.toLowerCase() }]);
  });

  test('10.0.0.5 and fe80::1 are addresses of a server, when it has no such name', () => {
    expect(references(server, '10.0.0.5')).toEqual([{ name: '10.0.0.5' }, { address: '10.0.0.5' }, serial('10.0.0.5')]);
    expect(references(server, 'fe80::1')).toEqual([{ address: 'fe80::1' }, serial('fe80::1')]);
  });

  test.each([id, `Server:${id}`])('%s is an id', (called) =>
    expect(references(server, called)).toEqual([{ id: called }]),
  );

  test.each(['labmaster', '38-05-25-33-e2', '3805.2533.e2e', 'g8052533e2e4'])(
    '%s is a name, or a serial number',
    (name) => expect(references(server, name)).toEqual([{ name }, serial(name)]),
  );
});

describe('a filter', () => {
  test('is what the flags say, in the words of the graph', () => {
    const flags = { role: 'control-plane', status: 'installed,Failed', selector: 'a=b', cloud: 'c', environment: 'e' };
    expect(filterOf(server, flags)).toEqual({
      role: { eq: 'CONTROL_PLANE' },
      status: { in: ['INSTALLED', 'FAILED'] },
      labels: 'a=b',
      cloud: { eq: 'c' },
      environment: { eq: 'e' },
    });
    expect(filterOf(server, {})).toBeUndefined();
  });

  test('is refused for a kind without such a field, and for a word that is none', () => {
    expect(() => filterOf(network, { role: 'worker' })).toThrow('--role is not for networks');
    expect(() => filterOf(server, { status: 'installed,odd' })).toThrow('--status "odd" is none of: discovered,');
  });
});

describe('an order', () => {
  test.each(['created-at', 'createdAt', '.metadata.createdAt', '{.status.createdAt}', 'CREATED_AT'])(
    '%s is one of labd',
    (sortBy) => expect(orderOf(server, sortBy)).toEqual({ field: 'CREATED_AT', direction: 'ASC' }),
  );

  test('of any other field is made here, numbers as numbers and the absent last', () => {
    expect(orderOf(network, '.spec.gateway')).toBeUndefined();
    const rows = [null, 30, 4].map((vlan, i) => ({ id: `${i}`, name: `n${i}`, vlan }));
    expect(sortRows(network, rows, '.spec.vlan').map(({ name }) => name)).toEqual(['n2', 'n1', 'n0']);
    expect(() => sortRows(network, rows, '.spec.frob')).toThrow('networks cannot be sorted by ".spec.frob"');
  });
});

describe('a column is sorted as one thing', () => {
  const sorted = (domains: readonly string[]) =>
    sortRows(
      network,
      domains.map((domain, i) => ({ id: `${i}`, name: `n${i}`, domain })),
      '.spec.domain',
    ).map((row) => (row as { domain?: string }).domain);

  test.each([
    ['numbers', ['10', '9', '200'], ['9', '10', '200']],
    ['addresses', ['10.0.0.10', '10.0.0.9', 'fe80::1'], ['10.0.0.9', '10.0.0.10', 'fe80::1']],
    ['texts, when not all of it is numbers', ['9', '1A', '10'], ['10', '1A', '9']],
    ['texts, when one is an address of one link alone', ['fe80::1%eth0', 'fe80::1'], ['fe80::1', 'fe80::1%eth0']],
  ])('%s', (_called, given, expected) => {
    expect(sorted(given)).toEqual(expected);
    expect(sorted(given.toReversed())).toEqual(expected);
  });
});

describe('a command', () => {
  const ids = ['get', 'create:network'];

  test('is its one or two first words, also by another name', () => {
    expect(findCommand(ids, ['get', 'servers'])).toEqual({ id: 'get', rest: ['servers'] });
    expect(findCommand(ids, ['create', 'net', '--x'])).toEqual({ id: 'create:network', rest: ['--x'] });
    expect(findCommand(ids, ['create', 'server'])).toBeUndefined();
    expect(findCommand(ids, ['frob'])).toBeUndefined();
  });

  test('that is unknown is told with the one that was probably meant', () => {
    expect(unknownCommand(['gte'], ids).message).toBe('lab has no command "gte". Did you mean "get"?');
    expect(unknownCommand(['create', 'netwrk'], ids).message).toContain('Did you mean "create network"?');
    expect(unknownCommand(['--labd', 'x', 'get'], ids).message).toContain('Flags come after the command');
  });

  test.each([
    [[], ['--help']],
    [['help'], ['--help']],
    [
      ['help', 'get'],
      ['get', '--help'],
    ],
    [['create'], ['create']],
    [
      ['create', 'net', '-h'],
      ['create', 'net', '--help'],
    ],
    [['--version'], ['--version']],
    [['api', '--', '--help'], undefined],
    [['get', 'servers'], undefined],
  ])('%j asks for help in these words: %j', (words, expected) => expect(helpFor(words)).toEqual(expected));

  test('close to nothing is not guessed at', () => {
    expect(nearest('frob', ['get', 'describe'])).toBeUndefined();
    expect(nearest('describ', ['get', 'describe'])).toBe('describe');
  });
});
