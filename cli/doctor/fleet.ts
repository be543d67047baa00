// What labd knows of: bastions that are away, installs that failed, machines in conflict.
import { ExamineFleetDocument, type ExamineFleetQuery } from '../generated/documents.ts';
import { failed, type GraphQLErrorBody, send } from '../labd/http.ts';
import type { Target } from '../labd/target.ts';
import { age, left, word } from '../terminal/text.ts';
import { failureOf, type Finding, ok, warning } from './finding.ts';

/** Before a certificate ends, that is renewed at two thirds of its life: milliseconds. */
const SOON = 86_400_000;

/** After a loss of a bastion's, milliseconds: later it is history. */
const LOSS_IS_NEWS = 30 * 86_400_000;

/** How many names are printed at most. */
const SOME = 3;

/** What may not be seen is null, with an error of its own. */
type Fleet = { [K in keyof ExamineFleetQuery]: ExamineFleetQuery[K] | null };

/** Finds what is wrong with the fleet, as far as the caller may see it. */
export async function* examineFleet(target: Target): AsyncGenerator<Finding> {
  const answer = await send(target, { query: ExamineFleetDocument.toString(), variables: {} }).catch(failureOf);
  if ('how' in answer) {
    yield answer;
    return;
  }
  const { data, errors } = answer as { data?: Fleet | null; errors?: GraphQLErrorBody[] };
  if (!data) {
    yield failureOf(failed(errors ?? []));
    return;
  }
  for (const { message } of errors ?? []) yield warning(message);
  if (data.bastions) yield* bastions(data.bastions.nodes, target.terminal.now());
  if (data.failed) yield* installs(data.failed);
  if (data.recent) yield* conflicts(data.recent.nodes);
}

function* bastions(all: ExamineFleetQuery['bastions']['nodes'], now: number): Generator<Finding> {
  const trusted = all.filter(({ revokedAt }) => !revokedAt);
  if (trusted.length === 0)
    yield warning(
      'There is no bastion: nothing finds machines',
      (lab) => `Let one join: ${lab} create token --bastion NAME`,
    );
  const away = trusted.filter(({ online }) => !online);
  for (const { name, lastSeenAt } of away)
    yield warning(
      `Bastion "${name}" is offline${lastSeenAt ? `, last heard of ${age(lastSeenAt, now)} ago` : ', and never came'}`,
      (lab) => `On its machine: is lab-bastion running, and does its log say why? See: ${lab} describe bastion ${name}`,
    );
  for (const { name, online, certificateExpiresAt: ends } of trusted) {
    if (!ends || new Date(ends).getTime() - now > SOON) continue;
    yield warning(
      `The certificate of bastion "${name}" expires ${left(ends, now)}`,
      online
        ? 'It renews it by itself; if it does not, see its log.'
        : (lab) => `It needs a token to join again: ${lab} create token --bastion ${name}`,
    );
  }
  for (const { name, lostItems, lostAt, lostReason } of all) {
    if (!lostAt || now - new Date(lostAt).getTime() > LOSS_IS_NEWS) continue;
    yield warning(
      `Bastion "${name}" has lost ${lostItems} ${lostItems === 1 ? 'report' : 'reports'} that machines were told are taken, the last ${age(lostAt, now)} ago: ${lostReason ?? 'it is not known why'}`,
      (lab) => `Machines that boot again report again. What was lost when: ${lab} history bastion ${name}`,
    );
  }
  for (const bastion of trusted) yield* profiles(bastion);
  if (trusted.length > 0 && away.length === 0)
    yield ok(`${trusted.length} ${trusted.length === 1 ? 'bastion is' : 'bastions are'} online`);
}

/** Only bastions that say which files they have. */
function* profiles({ name, profiles: all }: ExamineFleetQuery['bastions']['nodes'][number]): Generator<Finding> {
  const told = all.filter(({ ready }) => ready !== null);
  const ready = told.flatMap(({ ready: there, profile }) => (there && profile ? [profile.name] : []));
  if (ready.length > 0) yield ok(`Bastion "${name}" can install ${some(ready, ready.length)}`);
  else if (told.length > 0)
    yield warning(
      `Bastion "${name}" has the files of no profile: it can install nothing`,
      (lab) => `On its machine: ${lab} bastion files fetch PROFILE. What it lacks: ${lab} describe bastion ${name}`,
    );
}

const some = (names: readonly string[], count: number): string =>
  count > SOME ? `${names.slice(0, SOME).join(', ')} and ${count - SOME} more` : names.join(', ');

function* installs({ totalCount, nodes }: ExamineFleetQuery['failed']): Generator<Finding> {
  if (totalCount === 0) {
    yield ok('No install has failed');
    return;
  }
  yield warning(
    `${totalCount === 1 ? 'A server' : `${totalCount} servers`} failed to install: ${some(
      nodes.map(({ name }) => name),
      totalCount,
    )}`,
    (lab) => `See why: ${lab} describe server ${nodes[0]!.name}`,
  );
}

function* conflicts(servers: ExamineFleetQuery['recent']['nodes']): Generator<Finding> {
  for (const { name, conditions } of servers)
    for (const { type, message } of conditions.filter(({ status, type: one }) => status && one !== 'BASTION_ONLINE'))
      yield warning(
        `server/${name} has the condition ${word(type)}: ${message}`,
        (lab) => `See: ${lab} describe server ${name}`,
      );
}
