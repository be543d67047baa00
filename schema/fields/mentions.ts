// Puts names into the messages of conditions, which refer to objects by their ids: to each reader the names that are its
// own to read. Words stand for any other object.
import type { Evidence, Referred } from '../../server/domain/ledger/conditions.ts';
import { isEverything } from '../../server/domain/where.ts';
import type { Moment } from '../base/context.ts';
import { catalog } from '../catalog.ts';
import { visible } from '../lists/listArguments.ts';
import { resourceOf } from '../lists/registry.ts';
import { shownName } from '../rows/shownNames.ts';

/** What a message is of. */
export interface Told {
  readonly subjectId: string;
  readonly reason: string;
  readonly message: string;
  readonly evidence: unknown;
}

const REFERENCE = /\{(Server|Bastion|Network):([0-9a-f-]{36})\}/g;

/** The ids in a condition's evidence, by kind. A message names no other objects. */
const idsIn: Readonly<Record<Referred, (evidence: Evidence) => readonly (string | undefined)[]>> = {
  Server: ({ servers = [], from, to }) => [...servers, from, to],
  Bastion: ({ bastions = [] }) => bastions,
  Network: ({ networks = [] }) => networks,
};

const kinds = Object.keys(idsIn) as Referred[];

function instead(context: Moment, kind: Referred): string {
  const all = isEverything(visible(context, resourceOf(kind)));
  return `a ${catalog[kind].field} that ${all ? 'is gone' : 'you may not see'}`;
}

/** What an earlier labd wrote, with the names in it: said to who may see all objects that it is about. */
async function earlierMessage({ subjectId, reason, message, evidence }: Told, context: Moment): Promise<string> {
  if (reason === 'NotInSnapshot') return 'The bastion that holds it did not name it among all machines that it knows.';
  for (const kind of kinds) {
    if (isEverything(visible(context, resourceOf(kind)))) continue;
    const others = idsIn[kind](evidence as Evidence).filter((id) => id !== undefined && id !== subjectId) as string[];
    const names = await Promise.all(others.map((id) => shownName(context, kind, id)));
    if (names.includes(undefined))
      return `This is about ${catalog[kind].plural} that you may not see too: ask an administrator which.`;
  }
  return message;
}

/** The message as the caller may read it. */
export async function messageFor(told: Told, context: Moment): Promise<string> {
  const references = [...told.message.matchAll(REFERENCE)];
  if (references.length === 0) return earlierMessage(told, context);
  const words = await Promise.all(
    references.map(async ([, kind, id]) => {
      const known = idsIn[kind as Referred](told.evidence as Evidence).includes(id);
      const name = known ? await shownName(context, kind as Referred, id!) : undefined;
      return name ?? instead(context, kind as Referred);
    }),
  );
  let next = 0;
  return told.message.replace(REFERENCE, () => words[next++]!);
}
