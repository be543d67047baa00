// Input as columns: what the tables of decided fields make of it.
import { describe, expect, test } from 'vitest';
import { Conflict, type InvalidInput } from '../../../../server/domain/errors.ts';
import { inventory } from '../../../../server/domain/inventory/index.ts';
import { demandColumns, readInput } from '../../../../server/domain/objects/readInput.ts';
import type { Input, Permissions, Row } from '../../../../server/domain/objects/types.ts';
import type { Writer } from '../../../../server/store/types.ts';

// What is asked here needs no database.
const tx = {} as Writer;
const may = { actor: 'ann' } as Permissions;
const network = (input: Input, before: Row | null = null) => ({ tx, input, before, may });
const row = { id: 'n', version: 1n, cidr: '10.0.0.0/24', gateway: '10.0.0.1', managers: { vlan: 'bob' } };

describe('input', () => {
  test('is read in one pass: all that is wrong is said, in the order of the table', async () => {
    const input = {
      name: 'No',
      cidr: '10.0.0.1/24',
      vlan: 9999,
      gateway: 'here',
      domain: 'a\u0000',
      dhcpEnabled: true,
    };
    const { columns, problems } = await readInput(
      inventory.Network,
      network({ ...input, labels: { '-': '', a: '-' } }),
    );
    expect(problems.map((one) => (one as InvalidInput).field)).toEqual(
      ['name', 'labels', 'labels.a', 'cidr', 'vlan', 'gateway', 'domain'].map((field) => `input.${field}`),
    );
    expect(columns).toMatchObject({ dhcpEnabled: true });
    await expect(demandColumns(inventory.Network, network(input))).rejects.toThrow('"No" is not a name.');
  });

  test('that is null sets back what may be absent, and nothing else', async () => {
    const nothing = Object.fromEntries(Object.keys(inventory.Network.fields).map((field) => [field, null]));
    const { columns, problems } = await readInput(inventory.Network, network(nothing, row));
    expect(problems).toEqual([]);
    expect(Object.keys(columns).sort()).toEqual(['dhcpRange', 'domain', 'gateway', 'managers', 'relay', 'vlan']);
    expect(columns).toMatchObject({ vlan: 0, gateway: null, domain: null });
  });

  test('is judged together with what stays, unless a part of it is wrong by itself', async () => {
    const fields = async (input: Input) =>
      (await readInput(inventory.Network, network(input, row))).problems.map((one) => (one as InvalidInput).field);
    expect(await fields({ cidr: '10.1.0.0/24' })).toEqual(['input.cidr']);
    expect(await fields({ gateway: '10.1.0.1' })).toEqual(['input.gateway']);
    expect(await fields({ cidr: '10.1.0.0/24', gateway: 'here' })).toEqual(['input.gateway']);
  });

  test('notes who set which field, and leaves the others to theirs', async () => {
    const { columns } = await readInput(inventory.Network, network({ domain: 'lab', vlan: undefined }, row));
    expect(columns['managers']).toEqual({ domain: 'ann', vlan: 'bob' });
    const released = { ...network({ vlan: null }, row), may: { ...may, manager: 'bob', released: ['vlan'] } };
    expect((await readInput(inventory.Network, released)).columns['managers']).toEqual({});
  });

  test('to change what may not be changed is not looked at', async () => {
    const builtin = { id: 'r', version: 1n, name: 'admin', builtin: true, permissions: ['*:*:*:*'] };
    const { columns, problems } = await readInput(inventory.Role, network({ permissions: ['?'] }, builtin));
    expect(columns).toEqual({});
    expect(problems).toEqual([expect.any(Conflict)]);
  });
});
