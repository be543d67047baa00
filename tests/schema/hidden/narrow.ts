// The world that is partly hidden, with who may see little of it and who may see all, and what finds the marks in an answer.
import type { ExecutionResult } from 'graphql';
import { realSystem } from '../../../common/system.ts';
import { authorityOf, makeAuthority } from '../../../server/domain/access/authority.ts';
import { Caller } from '../../../server/domain/access/caller.ts';
import { bastionScope } from '../../../server/domain/access/findCaller.ts';
import { OpenId } from '../../../server/domain/access/openid.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { seal } from '../../../server/store/seals.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { startIssuer } from '../../support/issuer.ts';
import { SECRET_KEY } from '../../support/secrets.ts';
import { openDoor, type Door } from '../samples.ts';
import { findMarks, hiddenIds, markChanges, markHidden } from './marks.ts';
import { remember } from './remember.ts';
import { conditionsOnSeen, makeSeen, OPEN, type World } from './world.ts';

/** Who sees all, and so shows that what is looked for can be found. */
export const ADMINISTRATOR = 'who may do everything';

/** Who asks. All but the last see little. */
function callersOf({ server, speaker: bastion, user }: World, door: Door): Record<string, Caller> {
  const person = (whose: { id: string; credential: string }, ...permissions: string[]) =>
    new Caller({ actor: 'user/somebody', kind: 'user', ...whose, scope: permissions.map(readGrant) });
  const narrow = { id: user.id, credential: `Session:${user.session}` };
  const kinds = ['servers', 'bastions'].map((plural) => `read:*:${OPEN}:${plural}/*`);
  return {
    'who may read one server': person(narrow, `read:*:${OPEN}:${server.name}`),
    'who may do anything in one place': person(narrow, `*:*:${OPEN}:*`),
    'who may read servers and bastions there': person(narrow, ...kinds),
    'a bastion': new Caller({
      actor: `bastion/${bastion.name}`,
      kind: 'bastion',
      id: bastion.id,
      credential: `Certificate:${bastion.enrolment}`,
      scope: bastionScope(bastion),
    }),
    'who may do nothing': person(narrow),
    [ADMINISTRATOR]: person(door.root, '*:*:*:*'),
  };
}

type Answer = Pick<ExecutionResult, 'data' | 'errors'>;

/** All that an answer says, as it goes over the wire. */
export const said = ({ data, errors }: Answer): string =>
  JSON.stringify([data, errors?.map(({ message, extensions, path }) => [message, extensions, path])]);

/** Throws what no caller can be to blame for. */
export function expectAnswered({ errors }: Answer, document: string): void {
  for (const { originalError, extensions, message } of errors ?? [])
    if (extensions['code'] === undefined && !(originalError && 'remedy' in originalError))
      throw new Error(`${message} in ${document}`, { cause: originalError });
}

/** What is called how, by id. */
async function namesOf({ db: { prisma } }: TestGraph): Promise<Map<string, string>> {
  const select = { select: { id: true, name: true } };
  const tables = [prisma.server, prisma.bastion, prisma.user, prisma.role] as unknown as (typeof prisma.server)[];
  const rows = await Promise.all(tables.map((table) => table.findMany(select)));
  return new Map(rows.flat().map(({ id, name }) => [id, name]));
}

/** The world, the samples of every field, and what finds in an answer what was hidden and not asked for. */
export async function openNarrow() {
  const provider = await startIssuer();
  const openId = new OpenId({ issuer: provider.issuer, clientId: 'lab', nameClaim: 'preferred_username' }, realSystem);
  const authority = await authorityOf(await makeAuthority(realSystem), realSystem);
  const graph = await openGraph({ calm: true, authority, openId, key: SECRET_KEY });
  const { db } = graph;
  const door = await openDoor(graph, provider);
  const world = await makeSeen(db);
  const names = await namesOf(graph);
  await markHidden(db);
  const renames = await namesOf(graph);
  await conditionsOnSeen(db, world);
  const unmoved = await remember(db, world);
  await db.prisma.seal.deleteMany();
  await markChanges(db);
  await seal(db);
  const ids = await hiddenIds(db);
  /** The marks in what was said that were not in what was asked, with where they stand. */
  const marksIn = (text: string, asked: string) => {
    const own = asked.toLowerCase();
    return new Map([...findMarks(text, ids)].filter(([mark]) => !own.includes(mark)));
  };
  /** A sample as it has to be once what it names bears a mark. */
  const renamed = (asked: string) =>
    asked.replaceAll(/name: "([^"]*)"/g, (all, name: string) => {
      const [id] = [...names].find(([, one]) => one === name) ?? [];
      return id === undefined ? all : `name: "${renames.get(id)}"`;
    });
  const leaked = (answer: Answer, asked: string) => marksIn(said(answer), asked);
  return {
    graph,
    authority,
    openId,
    door,
    world,
    ids,
    renamed,
    unmoved,
    callers: callersOf(world, door),
    leaked,
    marksIn,
  };
}

export type Narrow = Awaited<ReturnType<typeof openNarrow>>;
