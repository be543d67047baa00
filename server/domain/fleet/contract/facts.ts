// What reports say of a machine as a whole, as the columns that keep it: both follow from common/hardware/fields.ts.
import { FACTS, type Fact, type Read } from '../../../../common/hardware/fields.ts';

type Table = typeof FACTS;
type Column<K extends keyof Table> = Table[K] extends { column: infer C extends string } ? C : K;

/** The facts as columns: only what the report says. */
export type Facts = { [K in keyof Table as Column<K>]?: Read<Table>[K] };

const facts = Object.entries(FACTS as Readonly<Record<string, Fact>>);
const columnOf = (name: string, { column = name }: Fact): string => column;

/** The columns of a machine of which nothing is known yet: a list has nothing in it. */
export const noFacts = Object.fromEntries(
  facts.map(([name, fact]): [string, unknown] => [columnOf(name, fact), fact.type === 'texts' ? [] : null]),
) as { [K in keyof Facts]-?: NonNullable<Facts[K]> extends readonly unknown[] ? string[] : null };

/** The facts of a report, by their columns. */
export const factColumns = (read: Read<Table>): Facts =>
  Object.fromEntries(
    facts.flatMap(([name, fact]) => (name in read ? [[columnOf(name, fact), read[name as keyof Table]]] : [])),
  );
