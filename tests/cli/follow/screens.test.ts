// Rows of a watch as lines: what happens to one at once is one line.
import { expect, test, vi } from 'vitest';
import { lines } from '../../../cli/follow/screens.ts';
import { network } from '../../../cli/kinds/network.ts';
import type { Row } from '../../../cli/kinds/kind.ts';
import { testTerminal } from '../support.ts';

const columns = [
  { header: 'NAME', value: ({ name }: Row) => name },
  { header: 'RACK', value: ({ labels }: Row) => labels?.['rack'] },
];

const row = (id: string, rack?: string): Row => ({ id, name: `n${id}`, labels: rack === undefined ? {} : { rack } });

function open() {
  const terminal = testTerminal();
  const screen = lines(network, { columns, headers: false }, terminal);
  return {
    screen,
    told: () =>
      terminal.out.text
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(/ +/).join(' ')),
  };
}

test('several steps of one change are one line, with what came of them; those of others are lines of their own', async () => {
  const { screen, told } = open();
  screen.event('Added', row('1'));
  screen.listed();
  for (const rack of ['a', 'b', 'c']) screen.event('Modified', row('1', rack));
  screen.event('Added', row('2', 'x'));
  screen.event('Modified', row('2', 'y'));
  await vi.waitFor(() => expect(told()).toEqual(['ADDED n1 <none>', 'MODIFIED n1 c', 'ADDED n2 y']));
});

test('what shows no difference is no line, and what goes and comes again is told', async () => {
  const { screen, told } = open();
  screen.event('Added', row('1', 'a'));
  screen.listed();
  screen.event('Modified', row('1', 'a'));
  screen.event('Deleted', row('1', 'a'));
  screen.event('Added', row('1', 'a'));
  await vi.waitFor(() => expect(told()).toEqual(['ADDED n1 a', 'DELETED n1 a', 'ADDED n1 a']));
});
