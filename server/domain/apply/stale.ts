// Which fields of an object were changed since the revision that a manifest was written from.
import { parseCursor } from '../../store/cursor.ts';
import type { Change } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { columnOf, partSetsOf } from '../objects/fields.ts';
import type { Row } from '../objects/objects.ts';
import { fieldsOf, type ManifestKind } from './kinds.ts';

type Json = Record<string, unknown> | null;

/** Whether a change touched a column, or one label in it. */
function touched({ before, after }: Change, column: string, label: string | undefined): boolean {
  const value = (row: unknown) => {
    const whole = (row as Json)?.[column];
    return JSON.stringify(label === undefined ? whole : (whole as Json)?.[label]);
  };
  return value(before) !== value(after);
}

/** Tells whether a field was changed meanwhile, or one label of it. */
export type ChangedSince = (field: string, label?: string) => boolean;

/**
 * Tells whether a field was changed after the revision. What the log no longer keeps counts as a change; a revision of
 * another log says nothing about this one.
 */
export async function fieldsChangedSince(
  { client }: Writer,
  kind: ManifestKind,
  row: Row,
  revision: string,
): Promise<ChangedSince> {
  const cursor = parseCursor(revision);
  const head = await client.head.findUniqueOrThrow({ where: { id: 1 } });
  if (!cursor || (cursor.logId !== null && cursor.logId !== head.logId)) return () => false;
  if (cursor.rev < head.compacted) return () => true;
  const since = { outcome: 'DONE', rev: { gt: cursor.rev } };
  const own = await client.change.findMany({ where: { ...since, kind: kind.inventory.kind, objectId: row.id } });
  const parts = new Set<string>();
  for (const [field, { part }] of partSetsOf(kind.inventory.fields)) {
    const leads = { path: [part.key], equals: row.id };
    const where = { ...since, kind: part.kind, OR: [{ before: leads }, { after: leads }] };
    if (await client.change.findFirst({ where, select: { rev: true } })) parts.add(field);
  }
  const fields = fieldsOf(kind);
  return (field, label) => {
    const column = fields[field] && columnOf(field, fields[field]);
    return column === undefined ? parts.has(field) : own.some((change) => touched(change, column, label));
  };
}
