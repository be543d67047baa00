// What reports say of a machine as a whole, one row each: what bastions send, what is taken of it and the columns that
// keep it follow from this table.
import { address, amount, short, texts } from './checks.ts';
import { usableUuid } from '../../../../common/junk.ts';

type Maybe<T> = T | null | undefined;

/** One fact. */
interface Fact {
  readonly type: 'text' | 'texts' | 'whole' | 'number' | 'uuid' | 'address' | 'firmware';
  readonly description: string;
  /** The largest number that is taken */
  readonly most?: number;
  /** The column that keeps it, when that is not called the same */
  readonly column?: string;
}

export const FACTS = {
  arch: { type: 'text', description: 'The architecture.' },
  cpuModel: { type: 'text', description: "The processor's name." },
  cpuCores: { type: 'whole', most: 1_000_000, description: 'How many cores.' },
  memoryGb: { type: 'number', description: 'Memory, GiB.' },
  vendor: { type: 'text', description: 'The manufacturer, from DMI.' },
  product: { type: 'text', description: 'The product, from DMI.' },
  serial: { type: 'text', description: 'The serial number, from DMI.' },
  uuid: { type: 'uuid', column: 'dmiUuid', description: 'The UUID, from DMI.' },
  firmware: { type: 'firmware', description: 'How it boots.' },
  tpm: { type: 'text', description: 'The version of its TPM, such as 2.0.' },
  bmcAddress: { type: 'address', description: 'The address of its management controller.' },
  gpus: { type: 'texts', description: 'What shows pictures or computes with many cores, one text each.' },
} as const satisfies Readonly<Record<string, Fact>>;

type Table = typeof FACTS;
type Column<K extends keyof Table> = Table[K] extends { column: infer C extends string } ? C : K;

/** What each type is where a report is read, and in its column. */
interface Values {
  text: { sent: string; kept: string };
  texts: { sent: readonly string[]; kept: string[] };
  address: { sent: string; kept: string };
  whole: { sent: number; kept: number };
  number: { sent: number; kept: number };
  uuid: { sent: string; kept: string };
  firmware: { sent: 'UEFI' | 'BIOS'; kept: string };
}

/** The facts as bastions send them; absent and null are the same. */
export type FactsInput = { [K in keyof Table]?: Maybe<Values[Table[K]['type']]['sent']> };

/** The facts as columns: only what the report says. */
export type Facts = { [K in keyof Table as Column<K>]?: Values[Table[K]['type']]['kept'] };

const facts = Object.entries(FACTS as Readonly<Record<string, Fact>>);
const columnOf = (name: string, { column = name }: Fact): string => column;

/** The columns of a machine of which nothing is known yet: a list has nothing in it. */
export const noFacts = Object.fromEntries(
  facts.map(([name, fact]): [string, unknown] => [columnOf(name, fact), fact.type === 'texts' ? [] : null]),
) as { [K in keyof Facts]-?: NonNullable<Facts[K]> extends readonly unknown[] ? string[] : null };

type Take = (value: never, path: string, fact: Fact) => string | number | string[] | undefined;

/** What is taken of each type. Throws InvalidInput for what cannot be kept. */
const TAKE: Readonly<Record<Fact['type'], Take>> = {
  text: (value: Maybe<string>, path) => short(value, path),
  texts: (value: Maybe<readonly string[]>, path) => (value == null ? undefined : texts(value, path)),
  address: (value: Maybe<string>, path) => address(value, path) ?? undefined,
  whole: (value: Maybe<number>, path, { most }) => amount(value, path, { whole: true, ...(most && { most }) }),
  number: (value: Maybe<number>, path, { most }) => amount(value, path, most ? { most } : {}),
  uuid: (value: Maybe<string>, path) => usableUuid(value) ?? short(value, path)?.toLowerCase(),
  firmware: (value: Maybe<string>) => value ?? undefined,
};

/** The facts of a report, checked; what it does not say is not among them. */
export function takeFacts(report: FactsInput, path: string): Facts {
  const taken = facts.map(([name, fact]) => {
    const value = report[name as keyof FactsInput];
    return [columnOf(name, fact), TAKE[fact.type](value as never, `${path}.${name}`, fact)] as const;
  });
  return Object.fromEntries(taken.filter(([, value]) => value !== undefined && value !== ''));
}
