// Conditions in a ledger: to begin or end one is a change of the object that it is about.
import type { Place } from '../../../common/place.ts';
import type { Condition, Prisma } from '../../store/generated/client.ts';
import type { Ledger } from './ledger.ts';

export type ConditionType = 'BastionOnline' | 'Conflict' | 'Stale' | 'HardwareDrift' | 'OddHardware';

/** The object that a condition is about. */
export interface Subject {
  kind: 'Server' | 'Bastion';
  id: string;
}

export interface ConditionState {
  type: ConditionType;
  /** What it is about within the object; empty for all of it */
  detail?: string;
  /** Why, in one word for programs */
  reason: string;
  /** Why, in a sentence for people, which names other objects by `refer` alone */
  message: string;
  /** The ids of all objects that the message names, among other things */
  evidence?: Evidence;
  /** Whether it is so. Default true */
  status?: boolean;
}

/** What a condition rests on: the ids of other objects, and values that machines have. */
export type Evidence = Prisma.JsonObject & {
  servers?: string[];
  bastions?: string[];
  networks?: string[];
  from?: string;
  to?: string;
  mac?: string;
  because?: string[];
  value?: string;
};

/** The kinds of objects that messages name. */
export type Referred = 'Server' | 'Bastion' | 'Network';

/**
 * Stands in a message for the name of another object: each reader gets the name that it has, or words that say nothing.
 * schema/fields/conditions.ts puts them in.
 */
export const refer = (kind: Referred, id: string): string => `{${kind}:${id}}`;

export class Conditions {
  private readonly ledger: Ledger;
  private readonly bySubject = new Map<string, Map<string, string>>();

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  load(rows: readonly Condition[]): void {
    for (const row of this.ledger.load('Condition', rows)) this.index(row);
  }

  /** Sets a condition of an object that is in the ledger; without a difference nothing changes. */
  begin(subject: Subject, state: ConditionState): void {
    const { type, detail = '', reason, message, evidence = {}, status = true } = state;
    const existing = this.find(subject, type, detail);
    if (existing) {
      const since = existing.status === status ? undefined : this.ledger.now;
      if (this.ledger.update('Condition', existing.id, { reason, message, evidence, status, since }))
        this.ledger.touch(subject.kind, subject.id);
      return;
    }
    const about = this.ledger.get(subject.kind, subject.id);
    if (!about) return;
    const { name: subjectName, cloud, environment } = about;
    this.index(
      this.ledger.create('Condition', {
        subjectKind: subject.kind,
        subjectId: subject.id,
        cloud,
        environment,
        subjectName,
        type,
        detail,
        status,
        reason,
        message,
        evidence,
        since: this.ledger.now,
      }),
    );
    this.ledger.touch(subject.kind, subject.id);
  }

  end(subject: Subject, type: ConditionType, detail = ''): void {
    const existing = this.find(subject, type, detail);
    if (!existing) return;
    this.ledger.remove('Condition', existing.id);
    this.ledger.touch(subject.kind, subject.id);
  }

  /** An object's conditions of one type. */
  of(subject: Subject, type: ConditionType): Condition[] {
    const ids = this.bySubject.get(subject.id)?.values() ?? [];
    return [...ids].flatMap((id) => this.ledger.get('Condition', id) ?? []).filter((row) => row.type === type);
  }

  find(subject: Subject, type: ConditionType, detail = ''): Condition | undefined {
    const id = this.bySubject.get(subject.id)?.get(`${type} ${detail}`);
    return id === undefined ? undefined : this.ledger.get('Condition', id);
  }

  private index({ id, subjectId, type, detail }: Condition): void {
    const about = this.bySubject.get(subjectId) ?? new Map<string, string>();
    this.bySubject.set(subjectId, about.set(`${type} ${detail}`, id));
  }
}

/** Updates the name, cloud and environment in an object's conditions after the object's own changed. */
export const followSubject = (
  client: Prisma.TransactionClient,
  { kind, id }: Subject,
  { name, cloud, environment }: Place,
): Promise<unknown> =>
  client.condition.updateMany({
    where: { subjectKind: kind, subjectId: id },
    data: { subjectName: name, cloud, environment },
  });

export const server = (id: string): Subject => ({ kind: 'Server', id });
export const bastion = (id: string): Subject => ({ kind: 'Bastion', id });
