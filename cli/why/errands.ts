// Wipes and shells among the attempts of a server: what they are called, which of them people should know of, and how far a wipe
// got that was given up.
import { isErrandProfile, profileOf } from '../../common/install/errands.ts';
import type { WhyServerQuery } from '../generated/documents.ts';

export type Server = NonNullable<WhyServerQuery['one']>;
export type Install = Server['installs']['nodes'][number];

const WIPE = profileOf('wipe');

/** What the ramdisk does besides installing: what it is called, and how to ask for it once more. */
export const errands: Readonly<Record<string, { title: string; again: (lab: string, server: Server) => string }>> = {
  [WIPE]: {
    title: 'Wipe',
    // Only what is in service is retired, and that once.
    again: (lab, { name, status }) =>
      `${status === 'RETIRED' ? `${lab} restore ${name} && ` : ''}${lab} retire ${name} --wipe`,
  },
  [profileOf('rescue')]: { title: 'Rescue', again: (lab, { name }) => `${lab} rescue ${name}` },
};

export const titleOf = ({ os, name }: Pick<Install, 'os' | 'name'>): string =>
  `${errands[os]?.title ?? 'Install'} ${name}`;

export const isErrand = ({ os }: Pick<Install, 'os'>): boolean => isErrandProfile(os);

/** A wipe that was given up, and left the disks neither as they were nor wiped. */
const isHalfWiped = ({ os, outcome, diskTouched }: Install): boolean =>
  os === WIPE && outcome === 'CANCELLED' && diskTouched;

/** One that people should know of: it is open, failed, or left something half done. */
export const isDue = (one: Install): boolean =>
  isErrand(one) && (one.outcome === null || one.outcome === 'FAILED' || isHalfWiped(one));

/** How far a wipe got that was given up in the middle; nothing of anything else. */
export const halfWiped = (one: Install): string =>
  isHalfWiped(one)
    ? `: ${one.stages.findLast(({ message }) => message !== null)?.message ?? 'how far it got is not known'}. Its disks are not what they were`
    : '';
