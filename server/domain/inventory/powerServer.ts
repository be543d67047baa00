// Has the bastion that holds a server switch its power, or ask how it is.
import type { PowerAction } from '../../../common/power/actions.ts';
import { unable } from '../../../common/power/actions.ts';
import { demandRight } from '../../../common/checked.ts';
import { Conflict } from '../errors.ts';
import { macsOf } from '../fleet/installs/orders.ts';
import { isUnderWay, lastPower, placePower, POWERS_FROM } from '../fleet/power/power.ts';
import { Ledger } from '../ledger/ledger.ts';
import { settingsFor, type FleetSettings } from '../ledger/settings.ts';
import type { Server } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import type { Permissions, Target } from '../objects/objects.ts';
import { allOf } from '../where.ts';
import { demandServer, rowOf } from './demandServer.ts';
import { poweringOf } from './powering.ts';

/** Orders it; what comes of it is `power` of the server. Throws NotFound, InvalidInput, Conflict, Forbidden. */
export async function powerServer(
  tx: Writer,
  target: Target,
  action: PowerAction,
  may: Permissions,
  settings: FleetSettings = settingsFor(tx),
): Promise<Server> {
  const found = await demandServer(tx, 'apply', target, may);
  const known = await poweringOf(tx, found, may);
  if (known === undefined) throw unsaid(found);
  const powering = demandRight(known);
  const why = unable(powering.bmc.type, action);
  if (why !== undefined)
    throw new Conflict(why, `Do it by hand, or say another type in spec.bmc: lab edit server ${found.name}.`);
  const bastionId = await demandOnline(tx, found, may);
  const ledger = new Ledger(settings.now(), settings.ids);
  const server = await rowOf(tx, ledger, found);
  const last = lastPower(server);
  if (last && isUnderWay(last, ledger.now.getTime())) throw busy(found, last.action.toLowerCase());
  const macs = await macsOf(tx, server);
  await placePower(tx, ledger, [{ server, bastionId, macs, action, powering }], settings);
  await ledger.flush(tx);
  return ledger.get('Server', found.id)!;
}

/** The bastion that holds it, which has to be there now: nobody carries it out later. */
async function demandOnline({ client }: Writer, server: Server, may: Permissions): Promise<string> {
  const { bastionId: id, name, bootMac } = server;
  if (id === null)
    throw new Conflict(
      `Server "${name}" is held by no bastion, and only a bastion reaches its management controller.`,
      `Boot it where a bastion sees its MAC ${bootMac}.`,
    );
  const bastion = await client.bastion.findUniqueOrThrow({
    where: { id },
    select: { name: true, protocol: true, cloud: true, environment: true },
  });
  const seen = await client.bastion.findFirst({
    where: allOf({ id }, may.visible('Bastion')) as never,
    select: { id: true },
  });
  const called = seen
    ? `Bastion "${bastion.name}", which holds server "${name}",`
    : `The bastion that holds server "${name}"`;
  // Secrets of one place go to no bastion of another.
  if (bastion.cloud !== server.cloud || bastion.environment !== server.environment)
    throw new Conflict(
      `${called} is of another place than the server.`,
      `Have a bastion of its own place hold it: lab move server ${name} --bastion NAME.`,
    );
  if ((bastion.protocol ?? 0) < POWERS_FROM)
    throw new Conflict(
      `${called} speaks version ${bastion.protocol ?? 'nobody knows which'} of the uplink, which has no power: that came with version ${POWERS_FROM}.`,
      'Install the lab-bastion of the same release as labd there.',
    );
  const online = await client.condition.findFirst({
    where: { subjectKind: 'Bastion', subjectId: id, type: 'BastionOnline', status: true },
    select: { id: true },
  });
  if (!online)
    throw new Conflict(
      `${called} is offline, and power is not switched later.`,
      'Try again when it is back, or do it by hand.',
    );
  return id;
}

const unsaid = ({ name }: Server): Conflict =>
  new Conflict(`Nobody said how server "${name}" is powered.`, `Say it in spec.bmc: lab edit server ${name}.`);

const busy = ({ name }: Server, action: string): Conflict =>
  new Conflict(
    `Server "${name}" is being powered already: ${action}.`,
    `Wait until that has ended: lab why server ${name}.`,
  );
