// Descriptions: a tree of facts and parts.
import type { Section } from '../kinds/kind.ts';
import { columnsOf, type Terminal } from '../terminal/terminal.ts';
import { harmless, painter } from '../terminal/text.ts';
import { wrap } from '../terminal/width.ts';

/** The lines of a section and all that is below it. */
export function treeLines(section: Section, terminal: Pick<Terminal, 'out' | 'env'>, indent = ''): string[] {
  const paint = painter(terminal.out, terminal.env);
  const facts = (section.facts ?? []).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const below =
    section.below?.filter(({ facts: some, below: more }) => !some || some.some(([, value]) => value) || more?.length) ??
    [];
  const width = Math.max(0, ...facts.map(([name]) => name.length)) + 2;
  const parts = [
    ...facts.map(([name, value]) => {
      const room = Math.max(16, columnsOf(terminal.out) - indent.length - 3 - width);
      const [first, ...rest] = wrap(harmless(String(value)), room);
      return {
        first: paint(`${name}:`.padEnd(width), 'dim') + first!,
        rest: rest.map((line) => ' '.repeat(width) + line),
      };
    }),
    ...below.map((one) => {
      const [first, ...rest] = treeLines(one, terminal, `${indent}│  `);
      return { first: first!, rest };
    }),
  ];
  const lines = [paint(harmless(section.title), 'bold')];
  parts.forEach(({ first, rest }, i) => {
    const last = i === parts.length - 1;
    lines.push(`${last ? '└─ ' : '├─ '}${first}`, ...rest.map((line) => `${last ? '   ' : '│  '}${line}`));
  });
  return lines;
}
