// Why a server is not installed: the chain of facts that keep it from it, with their evidence, and what to type next.
import { stateOf } from '../kinds/install.ts';
import { commandText, missingText } from '../kinds/readiness.ts';
import { age, left, word } from '../terminal/text.ts';
import { settingsOf } from './settings.ts';
import { failedPower } from './power.ts';
import { errands, halfWiped, type Install, isDue, isErrand, type Server, titleOf } from './errands.ts';

/** What is known: the server, whether the caller may change it, and how this program is called. */
export interface Known {
  readonly server: Server;
  readonly may: { readonly allowed: boolean; readonly permission: string };
  readonly lab: string;
  /** The moment that ages are counted to, in milliseconds */
  readonly now: number;
}

/** One link of the chain. */
interface Reason {
  readonly because: string;
  /** Lines that prove it, as machines wrote them */
  readonly evidence?: readonly string[];
  /** What to type, or to do */
  readonly next?: string | undefined;
}

const since = (at: string, now: number): string => `since ${at} (${age(at, now)})`;

/** The newest install of a system. */
const lastInstall = ({ installs }: Server): Install | undefined => installs.nodes.find((one) => !isErrand(one));

const openOf = ({ installs }: Server): Install | undefined => installs.nodes.find(({ outcome }) => outcome === null);

/** People have to act: nothing goes on by itself. */
const idle = (server: Server): boolean => openOf(server) === undefined;

/** What is named where nobody has said what to install. */
const USUAL = 'fedora-43';

type Pair = NonNullable<Server['bastion']>['profiles'][number];

const pairFor = ({ bastion }: Server, os: string): Pair | undefined =>
  bastion?.profiles.find(({ profile }) => profile?.name === os);

/** What would be installed: the same again, else what the bastion has, the usual one before others. */
function wanted(server: Server): string {
  const before = lastInstall(server)?.os;
  if (before !== undefined) return before;
  if (pairFor(server, USUAL)?.ready !== false) return USUAL;
  return server.bastion?.profiles.find(({ ready }) => ready)?.profile?.name ?? USUAL;
}

/** How to ask once more for what an attempt was of; for an install where there was none. */
function again(server: Server, lab: string, attempt?: Install): string {
  const { status, name } = server;
  const errand = errands[attempt?.os ?? ''];
  if (errand) return errand.again(lab, server);
  const set = settingsOf(lastInstall(server)?.parameters);
  return `${lab} ${status === 'INSTALLED' ? 'reprovision' : 'provision'} ${name} --os ${wanted(server)}${set}`;
}

type Bastion = NonNullable<Server['bastion']>;

/** Versions of the uplink before this one have no orders to install. */
const INSTALLS_FROM = 2;

/** The stage that an install fails in when its bastion never began it. */
const UNTAKEN = 'queued';

/** Why a bastion has not taken an order, and what to do; the first that holds. */
const untakenReasons: readonly {
  readonly holds: (bastion: Bastion) => boolean;
  readonly because: string;
  readonly next: (bastion: string, lab: string) => string;
}[] = [
  {
    holds: ({ online }) => !online,
    because: 'that is away, and takes the order when it is back',
    next: (bastion) => `Start lab-bastion at ${bastion} again.`,
  },
  {
    holds: ({ protocol }) => protocol !== null && protocol < INSTALLS_FROM,
    because: 'that is too old to install anything',
    next: (bastion) => `Install the lab-bastion of labd's release at ${bastion}.`,
  },
  {
    holds: () => true,
    because: 'that is connected, and has not said yet that it will',
    next: (bastion, lab) => `If that lasts, look at the log of ${bastion}, and: ${lab} describe bastion ${bastion}.`,
  },
];

type Rule = (known: Known) => Reason | readonly Reason[] | undefined;

/** Every reason there can be, what must be done first first. */
const rules: readonly Rule[] = [
  function locked({ server, lab }) {
    if (!server.locked) return undefined;
    const unlock = `mutation { updateServer(by: {name: "${server.name}"}, input: {locked: false}) { __typename } }`;
    return {
      because: 'It is locked: people may change nothing of it.',
      next: idle(server) ? `${lab} api '${unlock}'` : undefined,
    };
  },
  function forbidden({ server, may }) {
    if (may.allowed) return undefined;
    return {
      because: `You may not provision it: you lack the permission ${may.permission}.`,
      next: idle(server) ? `Ask an administrator for a role with the permission ${may.permission}.` : undefined,
    };
  },
  function retired({ server, lab }) {
    if (server.status !== 'RETIRED') return undefined;
    const [last] = server.installs.nodes;
    const busy = last !== undefined && isDue(last);
    return { because: 'It was taken out of service.', next: busy ? undefined : `${lab} restore ${server.name}` };
  },
  function unheld({ server }) {
    if (server.bastion) return undefined;
    return {
      because: 'No bastion holds it, and only a bastion can boot and install it.',
      next: `Boot it where a bastion sees its MAC ${server.bootMac}.`,
    };
  },
  function offline({ server, lab, now }) {
    const { bastion } = server;
    if (!bastion || bastion.online) return undefined;
    const at = bastion.conditions.find(({ type }) => type === 'BASTION_ONLINE')?.since ?? bastion.lastSeenAt;
    return {
      because: `Bastion ${bastion.name}, which holds it, is offline${at ? ` ${since(at, now)}` : ' and never connected'}.`,
      next: idle(server) ? `${lab} describe bastion ${bastion.name}` : undefined,
    };
  },
  function lacking({ server, lab }) {
    const os = wanted(server);
    const pair = pairFor(server, os);
    if (!idle(server) || server.status === 'RETIRED' || pair?.ready !== false) return undefined;
    const { name } = server.bastion!;
    return {
      because: `Bastion ${name} lacks files of ${os}: ${missingText(pair)}.`,
      next: `On the machine of ${name}: ${commandText(pair, lab)}`,
    };
  },
  function untaken({ server, lab }) {
    const install = openOf(server);
    const { bastion } = server;
    if (!install || !bastion || install.turn || install.taken !== false || install.phase !== 'QUEUED') return undefined;
    const { because, next } = untakenReasons.find(({ holds }) => holds(bastion))!;
    return {
      because: `${titleOf(install)} is not taken by its bastion: ${because}.`,
      next: `${next(bastion.name, lab)} To give it up: ${lab} cancel ${server.name}`,
    };
  },
  function waits({ server, lab }) {
    const install = openOf(server);
    if (!install?.turn) return undefined;
    const { bastion } = server;
    const where = bastion ? ` at bastion/${bastion.name}, which runs ${bastion.maxInstalls} at once` : '';
    return {
      because: `Install ${install.name} is ${stateOf(install, where)}: it begins when its turn comes, as others there end.`,
      next: `${lab} get installs -w shows the others.${bastion ? ` To run more at once: ${lab} edit bastion ${bastion.name} (maxInstalls).` : ''}`,
    };
  },
  function unbooted({ server, lab, now }) {
    const install = openOf(server);
    const { bastion, lastSeenAt, bootMac } = server;
    if (!install?.taken || !bastion?.online || install.phase !== 'QUEUED' || install.turn) return undefined;
    if (lastSeenAt !== null && lastSeenAt > install.createdAt) return undefined;
    return {
      because: `Bastion ${bastion.name} has not seen the machine since install ${install.name} began, ${age(install.createdAt, now)} ago: nothing with its MAC ${bootMac} asked for an address or for what to boot.`,
      next: `Switch the machine on, or off and on, with its network first in its boot order. What DHCP gave: ${lab} get leases`,
    };
  },
  function unpowered({ server, lab }) {
    const failed = failedPower(server);
    if (!failed) return undefined;
    return {
      ...failed,
      next: openOf(server)
        ? `Switch the machine off and on by hand, with its network first in its boot order; or see to that, and: ${lab} power ${server.name} netboot`
        : `See to that, and: ${lab} power ${server.name} status`,
    };
  },
  function unseen({ server }) {
    return server.lastSeenAt === null ? { because: 'No bastion has ever seen it.' } : undefined;
  },
  function conditions({ server, now }) {
    return server.conditions
      .filter(({ status }) => status)
      .map(({ type, detail, message, since: at }) => ({
        because: `${word(type)}${detail ? ` (${detail})` : ''} ${since(at, now)}: ${message}`,
      }));
  },
  function open({ server, lab, now }) {
    const install = openOf(server);
    if (!install || install.turn) return undefined;
    const stage = install.stages.findLast(({ finishedAt }) => finishedAt === null);
    const doing = stage
      ? `, in stage ${stage.name} ${since(stage.startedAt, now)}`
      : `, ${since(install.updatedAt, now)}`;
    const message = stage?.message ? `: ${stage.message}` : '';
    const clock = install.pausedAt
      ? { because: `Its clock stands still ${since(install.pausedAt, now)}, until its bastion is back.` }
      : undefined;
    const due = [['Its next callback', install.phaseDeadline] as const, ['its end', install.deadline] as const].flatMap(
      ([what, at]) =>
        at ? [`${what} ${left(at, now) === 'expired' ? `was due at ${at}` : `is due ${left(at, now)}`}`] : [],
    );
    const reasons: Reason[] = [
      { because: `${titleOf(install)} is ${stateOf(install)}${doing}${message}.`, evidence: linesOf(install) },
      ...slowness(install),
      clock ?? { because: due.length > 0 ? `${due.join(', ')}.` : '' },
      { because: '', next: `${lab} logs ${server.name} -f` },
    ];
    return reasons.filter(({ because, next }) => because || next);
  },
  function ended({ server, lab }) {
    const [newest] = server.installs.nodes;
    // A shell that is over, and what was given up before it began, is no reason; the install before it may be one.
    const errand = newest && newest.outcome !== null && isDue(newest) ? [newest] : [];
    const install = lastInstall(server);
    const isDone = !install || install.outcome === null || install.outcome === 'SUCCEEDED';
    // What is to be done first is what the one that comes first is of.
    const ends = [...(isDone ? [] : [install]), ...errand];
    const inTurn = server.status === 'RETIRED' ? ends.toReversed() : ends;
    return inTurn.map((one) => endOf(one, server, lab));
  },
  function unasked({ server, lab }) {
    const isAsked = lastInstall(server) !== undefined || !idle(server);
    if (!['DISCOVERED', 'FAILED'].includes(server.status) || isAsked) return undefined;
    return { because: 'Nobody has asked for an install.', next: again(server, lab) };
  },
];

/** Why an attempt came to nothing. */
function endOf(install: Install, server: Server, lab: string): Reason {
  const { failure } = install;
  const untaken = failure?.stage === UNTAKEN && install.taken === false;
  const what = untaken
    ? `was not taken by its bastion: ${failure.reason ?? 'it did not say why'}`
    : failure
      ? `failed${failure.stage ? ` in stage ${failure.stage}` : ''}: ${failure.reason ?? 'nobody said why'}`
      : `was cancelled in phase ${word(install.phase)}${halfWiped(install)}`;
  return {
    because: `${titleOf(install)} ${what}`,
    evidence: failure && failure.lines.length > 0 ? failure.lines.slice(-5) : linesOf(install),
    next:
      untaken && server.bastion
        ? `See to that at ${server.bastion.name}, then: ${again(server, lab, install)}`
        : again(server, lab, install),
  };
}

const slowness = ({ estimate }: Install): Reason[] =>
  estimate?.slow ? [{ because: `Stage ${estimate.slow} takes more than three times what it takes as a rule.` }] : [];

const linesOf = ({ lines }: Pick<Install, 'lines'>): string[] => lines.map(({ line }) => line);

/** The explanation, line by line; what machines said in it is not harmless yet. */
export function whyLines(known: Known): string[] {
  const { server, now } = known;
  const status = `${word(server.status)}, ${since(server.statusSince, now)}`;
  const [newest] = server.installs.nodes;
  const isBusy = newest !== undefined && isDue(newest);
  if (server.status === 'INSTALLED' && !isBusy)
    return [
      `server/${server.name} is ${status}: nothing keeps it from that.`,
      ...[failedPower(server)].flatMap((failed) => (failed ? [`- ${failed.because}`] : [])),
    ];
  const reasons = rules.flatMap((rule) => rule(known) ?? []);
  const next = reasons.find((reason) => reason.next !== undefined)?.next;
  return [
    server.status === 'INSTALLED'
      ? `server/${server.name} is ${status}.`
      : `server/${server.name} is not installed: it is ${status}.`,
    ...reasons.flatMap(({ because, evidence = [] }) =>
      because ? [`- ${because}`, ...evidence.map((line) => `    ${line}`)] : [],
    ),
    ...(next === undefined ? [] : [`Next: ${next}`]),
  ];
}
