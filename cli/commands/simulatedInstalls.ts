// Simulated installs from end to end: asks labd for each, and compares how they ended there with what was told.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ProvisionServerDocument,
  SimulatedInstallsDocument,
  SimulatedMachineDocument,
  type SimulatedInstallsQuery,
} from '../generated/documents.ts';
import type { Client } from '../labd/client.ts';
import { plainTable } from '../print/table.ts';
import { CliError, exits } from '../terminal/errors.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** It is loaded when it is asked for. */
type Simulator = typeof import('../../bastion/simulate/index.ts');
type Played = Awaited<ReturnType<Simulator['simulateInstalls']>>[number];
type InstallStory = Played['story'];

/** Milliseconds for labd to hear of a machine, to answer, or to get on with what was told; and between two tries. */
const PATIENCE = 30_000;
const PAUSE = 100;
const LOOK = 1_000;

type Server = SimulatedInstallsQuery['servers']['nodes'][number];

/** What labd answers; undefined while it is away. Throws any other error, and that one after some time. */
function answerOf<T>(asked: Promise<T>, waited: number): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    if (!(error instanceof CliError) || error.exit !== exits.unreachable || waited > PATIENCE) throw error;
    return undefined;
  });
}

/** Waits until labd knows a machine that was just reported: an order that finds nothing keeps labd from writing what it is to find. */
async function heardOf(client: Client, mac: string): Promise<void> {
  for (let waited = 0; ; waited += PAUSE) {
    const answer = await answerOf(client.run(SimulatedMachineDocument, { mac }), waited);
    if (answer?.server) return;
    if (waited > PATIENCE) throw new CliError('failed', `labd has not heard of the machine ${mac}.`);
    await sleep(PAUSE);
  }
}

/** Provisions a machine that was just reported, as soon as labd knows it; resolves to why not, where labd refuses. */
export async function provisionReported(
  client: Client,
  mac: string,
  input: { os: string; role?: string; set: object },
): Promise<string | undefined> {
  await heardOf(client, mac);
  for (let waited = 0; ; waited += PAUSE) {
    const answer = await answerOf(client.run(ProvisionServerDocument, { by: { mac }, input } as never), waited);
    const { __typename, message } = (answer?.result ?? {}) as { __typename?: string; message?: string };
    // It may have been done before labd went away, and the answer was lost.
    if (__typename === 'Server' || (__typename === 'Conflict' && waited > 0)) return undefined;
    if (answer) return message;
    await sleep(PAUSE);
  }
}

/** All servers by the MAC that they boot from. */
async function everyServer(client: Client): Promise<Map<string, Server>> {
  const found = new Map<string, Server>();
  for (let after: string | null = null; ;) {
    const { servers }: SimulatedInstallsQuery = await client.run(SimulatedInstallsDocument, { after });
    for (const server of servers.nodes) found.set(server.bootMac, server);
    if (!servers.pageInfo.hasNextPage) return found;
    after = servers.pageInfo.endCursor;
  }
}

/** What labd says of each end that a story may have. */
const agrees: Readonly<Record<InstallStory['end'], (server: Server, story: InstallStory) => boolean>> = {
  installed: ({ status, installs: { nodes } }) => status === 'INSTALLED' && nodes[0]?.outcome === 'SUCCEEDED',
  failed: ({ status, installs: { nodes } }, { reason }) => status === 'FAILED' && nodes[0]?.failure?.reason === reason,
  // It is open until its deadline.
  stuck: ({ status }) => status === 'PROVISIONING' || status === 'FAILED',
};

const saidOf = (server: Server | undefined): string => {
  if (!server) return 'labd knows no such machine';
  const [install] = server.installs.nodes;
  const failure = install?.failure?.reason;
  return `labd says ${server.status}, in phase ${install?.phase ?? 'none'}${failure == null ? '' : `: ${failure}`}`;
};

/** Waits for labd to say what was told, as long as it gets on with that; returns what it says last. */
async function settled(client: Client, played: readonly Played[]): Promise<Map<string, Server>> {
  let most = -1;
  for (let waited = 0; ; waited += LOOK) {
    const servers = await everyServer(client);
    const right = played.filter(({ story }) => isRight(servers, story)).length;
    if (right > most) [most, waited] = [right, 0];
    if (right === played.length || waited > PATIENCE) return servers;
    await sleep(LOOK);
  }
}

function isRight(servers: ReadonlyMap<string, Server>, story: InstallStory): boolean {
  const server = servers.get(story.mac);
  return server !== undefined && agrees[story.end](server, story);
}

type Asked = Omit<Parameters<Simulator['simulateInstalls']>[0], 'provision' | 'patience' | 'onTold'>;

/** Plays installs, and prints how many ended as they should. Throws CliError when one did not. */
export async function simulateInstalls({ out }: Terminal, client: Client, asked: Asked): Promise<void> {
  const { simulateInstalls: simulate } = await import('../../bastion/simulate/index.ts');
  const tenth = Math.ceil(asked.installs / 10);
  const played = await simulate({
    ...asked,
    patience: PATIENCE / 1000,
    provision: ({ mac, os, set }) => provisionReported(client, mac, { os, set }),
    onTold: (told) => {
      if (told % tenth === 0) out.write(`${told} of ${asked.installs} installs are told\n`);
    },
  });
  const servers = await settled(client, played);
  const rows = Object.keys(agrees).map((end) => {
    const stories = played.filter(({ story }) => story.end === end);
    const right = stories.filter(({ story, refused }) => refused === undefined && isRight(servers, story));
    return [end, String(stories.length), String(right.length)];
  });
  out.write(plainTable([['END', 'TOLD', 'SEEN'], ...rows]));
  const wrong = played.filter(({ story, refused }) => refused !== undefined || !isRight(servers, story));
  const [first] = wrong;
  if (!first) return;
  const { story, refused } = first;
  const server = servers.get(story.mac);
  throw new CliError(
    'failed',
    `${wrong.length} installs did not end as they were to, the first of ${server?.name ?? story.mac}: it was to be ${story.end}, and ${refused ?? saidOf(server)}`,
    server && ((lab) => `${lab} why server ${server.name}`),
  );
}
