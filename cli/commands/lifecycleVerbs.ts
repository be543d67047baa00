// The verbs of a server's life as a table: what each does, asks for and says.
import type { Interfaces } from '@oclif/core';
import * as Flags from '@oclif/core/flags';
import { isErrandProfile, profileOf } from '../../common/install/errands.ts';
import {
  AbortServerDocument,
  AdoptServerDocument,
  CancelServerDocument,
  ForgetServerDocument,
  type GivenUpFragment,
  type LivedFragment,
  MoveServerDocument,
  ProvisionServerDocument,
  ReprovisionServerDocument,
  RescueServerDocument,
  ResetServerDocument,
  RestoreServerDocument,
  RetireServerDocument,
  type TypedDocumentString,
} from '../generated/documents.ts';
import { BASTION_HELP } from '../bastion/place.ts';
import { bastion as bastionView } from '../kinds/bastion.ts';
import type { Result } from '../kinds/kind.ts';
import { server as view } from '../kinds/server.ts';
import { nameIn } from '../objects/references.ts';
import { sshKeysIn } from '../objects/sshKeys.ts';
import { turnText, word } from '../terminal/text.ts';

/** What was typed with a verb. */
export interface Given {
  os?: string;
  set?: string[];
  role?: string;
  name?: string;
  wait?: boolean;
  timeout?: string;
  yes?: boolean;
  'dry-run'?: boolean;
  wipe?: boolean;
  'ssh-key'?: string[];
  bastion?: string;
}

/** What one of these verbs does, asks for and says. */
export interface Verb {
  readonly summary: string;
  readonly description: string;
  /** The word that is printed after the server's name once it is done */
  readonly done: string;
  readonly document: TypedDocumentString<Result, never>;
  /** It installs, and takes what to install */
  readonly installs?: true;
  /** What a bastion without labd does for it, when --bastion names one */
  readonly atBastion?: 'install' | 'cancel';
  /** It asks first: what it does cannot be taken back. `wipe`: where --wipe is given */
  readonly asks?: true | 'wipe';
  readonly flags?: Interfaces.FlagInput;
  /** What its flags are to the mutation */
  readonly variables?: (given: Given) => Promise<object>;
  /** What more to say, on standard error */
  readonly more?: (result: object, lab: string) => string | undefined;
}

const installed = (result: object, lab: string): string => {
  const { name, bastion, installs } = result as LivedFragment;
  const [install] = installs.nodes;
  const where = bastion ? `bastion ${bastion.name}${bastion.online ? '' : ', which is offline'}` : 'no bastion';
  return `Install ${install?.name} of ${install?.os} is ${install?.turn ? turnText(install.turn) : 'queued'} at ${where}. Follow it: ${lab} logs ${name} -f`;
};

/** Whether it waits in its ramdisk, nobody but the machine knows. */
const booted = (result: object, lab: string): string | undefined => {
  const { name, bastion, installs } = result as LivedFragment;
  const [errand] = installs.nodes;
  if (!errand || !isErrandProfile(errand.os) || errand.outcome !== null) return undefined;
  const away = bastion?.online === false ? ` Its bastion ${bastion.name} is offline, and hears of it later.` : '';
  return `It comes with its next boot from the network, once. One that waits in the ramdisk, or has spec.bmc, does that by itself; power-cycle any other.${away} Follow it: ${lab} logs ${name} -f`;
};

/** What became of it; of a wipe or a shell how far that got, since its status stays. */
const became = (result: object, lab: string): string => {
  const { name, status, bastion, installs } = result as GivenUpFragment;
  const [last] = installs.nodes;
  const stays = `It stays ${word(status)}.`;
  if (!last || !isErrandProfile(last.os)) return `It is ${word(status)}.`;
  if (last.os !== profileOf('wipe')) return `No shell is given. ${stays}`;
  const away = bastion?.online === false;
  if (!last.diskTouched) {
    // What labd has not heard of is not what has not happened.
    if (!bastion || !(away || last.taken)) return `Nothing was wiped. ${stays}`;
    return `labd has heard of no wipe yet: it may still begin until bastion ${bastion.name}${away ? ', which is offline,' : ''} hears of this. Look again: ${lab} why server ${name}. ${stays}`;
  }
  const got = last.stages.findLast(({ message }) => message !== null)?.message;
  const later = away ? ` once bastion ${bastion.name}, which is offline, hears of it` : '';
  return `The wipe had begun${got ? `: ${got}` : ''}. It ends with the disk that it is at${later}; what is wiped is lost. ${stays}`;
};

export const verbs = {
  provision: {
    summary: 'Install a system on servers.',
    description:
      'Opens an install attempt, and asks the bastion that holds the server to carry it out at its next boot.',
    done: 'provisioning',
    document: ProvisionServerDocument,
    installs: true,
    atBastion: 'install',
    more: installed,
  },
  reprovision: {
    summary: 'Install servers anew.',
    description: 'As provision, of a server that is installed: what is on its disk is lost.',
    done: 'provisioning',
    document: ReprovisionServerDocument,
    installs: true,
    atBastion: 'install',
    more: installed,
  },
  cancel: {
    summary: 'Cancel the installs, wipes and shells of servers.',
    description:
      'A server whose install is cancelled is what it was before if no disk was touched yet, else failed. A wipe or a shell that was ordered ends, and the status stays; a wipe that has begun says how far it got.',
    done: 'cancelled',
    document: CancelServerDocument,
    atBastion: 'cancel',
    flags: { bastion: Flags.string({ description: BASTION_HELP }) },
    more: became,
  },
  abort: {
    summary: 'Fail the installs of servers at once.',
    description: 'The bastion is told, and not waited for. What is on the disk of a server is not what it was.',
    done: 'failed',
    document: AbortServerDocument,
  },
  adopt: {
    summary: 'Take servers as installed, that somebody else installed.',
    description: 'Nothing is installed on them: what is on their disks stays, and they boot from it.',
    done: 'adopted',
    document: AdoptServerDocument,
  },
  retire: {
    summary: 'Take servers out of service; they are kept for their history.',
    description: 'They boot from their disks as ever, and nothing is installed on them until they are restored.',
    done: 'retired',
    document: RetireServerDocument,
    asks: 'wipe',
    flags: { wipe: Flags.boolean({ description: 'wipe its disks at its next boot: what is on them is lost' }) },
    variables: async ({ wipe = false }) => ({ wipe }),
    more: booted,
  },
  rescue: {
    summary: 'Give a shell in the ramdisk to servers at their next boot, once.',
    description:
      'The shell is on the consoles, and over SSH where keys are given and the ramdisk was built with dropbear. Disks and status stay as they are; after it the machine boots as ever.',
    done: 'to be rescued',
    document: RescueServerDocument,
    flags: {
      'ssh-key': Flags.string({
        multiple: true,
        description: 'public key that may use it, or a file with such; several times',
      }),
    },
    variables: async (given) => ({ sshKeys: await sshKeysIn(given['ssh-key'] ?? []) }),
    more: booted,
  },
  move: {
    summary: 'Have another bastion hold servers.',
    description:
      'It boots and installs them from then on. Not while they are being installed; a shell or a wipe that was ordered is cancelled.',
    done: 'moved',
    document: MoveServerDocument,
    flags: { bastion: Flags.string({ required: true, description: 'the bastion that is to hold them' }) },
    variables: async ({ bastion }) => ({ bastion: { name: nameIn(bastion!, bastionView) } }),
    more: (result) => `Bastion ${(result as LivedFragment).bastion?.name} holds it.`,
  },
  restore: {
    summary: 'Take retired servers back, as merely seen.',
    description: 'They count as discovered, whatever they were when they were retired.',
    done: 'restored',
    document: RestoreServerDocument,
  },
  reset: {
    summary: 'Take servers whose install failed as merely seen.',
    description: 'They count as discovered again. What failed stays in their history.',
    done: 'reset',
    document: ResetServerDocument,
  },
  forget: {
    summary: 'Forget servers; seen again after that, they are new ones.',
    description: 'The same as delete server.',
    done: 'forgotten',
    document: ForgetServerDocument,
    asks: true,
    more: (result) => view.deleted?.(result),
  },
} satisfies Record<string, Verb>;
