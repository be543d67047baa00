// The audit trail on the command line: what its entries look like, and which of them are asked for.
import * as Flags from '@oclif/core/flags';
import { kinds } from '../../schema/catalog.ts';
import { CliError } from '../terminal/errors.ts';
import type { AuditRowFragment } from '../generated/documents.ts';
import type { Column, Row } from '../kinds/kind.ts';
import { moment } from '../terminal/moment.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { constant, word } from '../terminal/text.ts';
import { cut, widthOf } from '../terminal/width.ts';

/** An entry as a table shows rows. */
export type Entry = AuditRowFragment & Row;

/** A value as a table has room for it, on one line. */
export const short = (value: unknown): string => {
  const text = typeof value === 'string' ? value.replaceAll(/\s+/g, ' ') : JSON.stringify(value ?? null);
  return widthOf(text) > 40 ? `${cut(text, 39)}…` : text;
};

/** Columns of the trail, as wide as the table that was asked for. */
export const auditColumns: readonly Column<Entry>[] = [
  // Which log it is in matters to who resumes, who asks for JSON.
  { header: 'REVISION', value: ({ revision }) => revision.split('.').at(-1) },
  { header: 'AT', value: ({ at }) => at },
  { header: 'ACTOR', value: ({ actor }) => actor },
  { header: 'ACTION', value: ({ action }) => action },
  { header: 'OBJECT', value: ({ kind, name }) => `${kind}/${name}` },
  {
    header: 'OUTCOME',
    value: ({ outcome, operation, count }) =>
      outcome === 'DONE' ? word(operation) : `${word(outcome)}${count > 1 ? ` ×${count}` : ''}`,
    style: ({ outcome }) => (outcome === 'DONE' ? undefined : 'red'),
  },
  { header: 'PLACE', wide: true, value: ({ cloud, environment }) => cloud && `${cloud}/${environment}` },
  { header: 'ADDRESS', wide: true, value: ({ address }) => address },
  { header: 'REQUEST', wide: true, value: ({ requestId }) => requestId },
  {
    header: 'CHANGES',
    wide: true,
    value: ({ changes }) =>
      changes?.map(({ field, before, after }) => `${field}: ${short(before)} → ${short(after)}`).join(', '),
  },
];

/** Flags that choose entries. */
export const auditFlags = {
  actor: Flags.string({ description: 'by who did it, such as ann or bastion/north' }),
  action: Flags.string({ description: 'by what it was done with, such as updateServer' }),
  kind: Flags.string({ description: 'by kind of object, such as servers' }),
  name: Flags.string({ description: "by the object's name" }),
  cloud: Flags.string({ description: 'in this cloud' }),
  environment: Flags.string({ char: 'n', description: 'in this environment' }),
  outcome: Flags.string({ description: 'by what became of it: done or refused' }),
  since: Flags.string({ description: 'from then on: a moment, a day (from 00:00 UTC), or how long ago, such as 2h' }),
  until: Flags.string({ description: 'before then; as --since' }),
};

/** A user may go by the name alone; labd itself has no other. */
const actorWhere = (actor: string): object => (actor.includes('/') ? { eq: actor } : { in: [actor, `user/${actor}`] });

/** A kind by any of its names. The trail speaks of more kinds than the catalog has: those go by their type. */
function kindWhere(called: string): object {
  const wanted = called.toLowerCase();
  const found = kinds.find(({ type, field, plural, aliases }) =>
    [type, field, plural, ...aliases].some((name) => name.toLowerCase() === wanted),
  );
  if (found) return { eq: found.type };
  if (/^[A-Z]/.test(called)) return { eq: called };
  throw new CliError(
    'usage',
    `There is no kind "${called}".`,
    `Use one of: ${kinds.map(({ plural }) => plural).join(', ')}.`,
  );
}

const same = (value: string): object => ({ eq: value });

const conditions = {
  actor: actorWhere,
  action: same,
  kind: kindWhere,
  name: same,
  cloud: same,
  environment: same,
};

interface Chosen extends Partial<Record<keyof typeof conditions, string | undefined>> {
  outcome?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

/** The filter that the flags make; undefined for none. */
export function auditFilter({ since, until, outcome, ...texts }: Chosen, terminal: Terminal): object | undefined {
  const wanted = outcome && constant(outcome);
  if (wanted && !['DONE', 'REFUSED'].includes(wanted))
    throw new CliError('usage', `--outcome "${outcome}" is none of: done, refused.`);
  const names = Object.keys(conditions) as (keyof typeof conditions)[];
  const filter = {
    ...Object.fromEntries(names.flatMap((name) => (texts[name] ? [[name, conditions[name](texts[name])]] : []))),
    ...(wanted ? { outcome: { eq: wanted } } : {}),
    ...(since !== undefined ? { since: moment('since', since, terminal) } : {}),
    ...(until !== undefined ? { until: moment('until', until, terminal) } : {}),
  };
  return Object.keys(filter).length > 0 ? filter : undefined;
}
