// What people have the ramdisk do with a server's machine at its next boot from the network, once: wipe its disks, or give
// them a shell.
import type { Errand } from '../../../common/install/errands.ts';
import { isSshKey } from '../../../common/install/forms.ts';
import { Conflict, InvalidInput } from '../errors.ts';
import { errandPlan, isErrand, wipes } from '../fleet/installs/errands.ts';
import { Ledger } from '../ledger/ledger.ts';
import { settingsFor, type FleetSettings } from '../ledger/settings.ts';
import type { Server } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { demandHolder, openAttempt, type OpeningWork, openOf, stop } from './attempts.ts';
import { attemptsOf, demandServer, rowOf } from './demandServer.ts';
import { filesAt, machineFor } from './planInstall.ts';
import type { Permissions, Target } from '../objects/objects.ts';

/** Opens the attempt, and has the bastion that holds the server carry it out. */
export async function beginErrand(work: OpeningWork, errand: Errand, sshKeys: readonly string[] = []): Promise<void> {
  const plan = errandPlan(errand, await machineFor(work.tx, work.server, work.server.name), sshKeys);
  await filesAt(work.tx, work.server, plan.profile);
  const resolved = sshKeys.length > 0 ? { sshKeys: { value: sshKeys, from: '--ssh-key' } } : {};
  // It takes nobody's turn: the limit is of installs.
  await openAttempt(work, { plan, resolved, secretIds: {} }, false);
}

/** Keys that one shell takes. */
const MOST_KEYS = 64;

function checkKeys(keys: readonly string[]): void {
  if (keys.length > MOST_KEYS)
    throw new InvalidInput('sshKeys', `There are ${keys.length} keys, and a shell takes ${MOST_KEYS}.`, 'Give fewer.');
  const wrong = keys.findIndex((key) => !isSshKey(key));
  if (wrong >= 0)
    throw new InvalidInput(
      `sshKeys[${wrong}]`,
      'This is no public SSH key.',
      'Give such as "ssh-ed25519 AAAA… name", a line of a file that ends in .pub.',
    );
}

/**
 * Has a machine boot into a shell, which those with one of these keys reach by SSH. Throws NotFound, InvalidInput, Conflict,
 * Forbidden.
 */
export async function rescue(
  tx: Writer,
  target: Target,
  sshKeys: readonly string[],
  may: Permissions,
  settings: FleetSettings = settingsFor(tx),
): Promise<Server> {
  const found = await demandServer(tx, 'apply', target, may);
  checkKeys(sshKeys);
  const ledger = new Ledger(settings.now(), settings.ids);
  const attempts = await attemptsOf(tx, ledger, found);
  const server = await rowOf(tx, ledger, found);
  await demandHolder(tx, server);
  const work = { tx, ledger, server, attempts, settings, may };
  const open = openOf(attempts);
  if (open && wipes(open)) throw wiping(found);
  if (open && !isErrand(open)) throw installing(found);
  if (open) await stop(work, { outcome: 'CANCELLED' });
  await beginErrand(work, 'rescue', sshKeys);
  await ledger.flush(tx);
  return ledger.get('Server', found.id)!;
}

const installing = ({ name }: Server): Conflict =>
  new Conflict(
    `Server "${name}" is being installed: a shell would end that.`,
    `Follow the install with lab logs ${name} -f, or end it: lab cancel ${name}.`,
  );

/** Whoever wants it given up says so: it takes more to ask for than a shell. */
const wiping = ({ name }: Server): Conflict =>
  new Conflict(
    `The disks of server "${name}" are to be wiped: a shell would end that.`,
    `Follow the wipe with lab logs ${name} -f, or give it up: lab cancel ${name}.`,
  );
