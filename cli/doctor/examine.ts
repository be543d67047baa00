// What is looked at, one thing after the other; what makes the rest pointless ends it.
import type { TargetFlags } from '../labd/target.ts';
import { findTarget } from '../labd/target.ts';
import { programName } from '../terminal/programName.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { examineBastion } from './bastion.ts';
import { failureOf, type Finding, ok } from './finding.ts';
import { examineFleet } from './fleet.ts';
import { examineLabd } from './labd.ts';
import { examineMachine } from './machine.ts';

/** Looks at this machine, then at the labd that the flags mean, then at what that knows. */
export async function* examine(flags: TargetFlags, terminal: Terminal): AsyncGenerator<Finding> {
  yield* examineMachine(terminal);
  yield* examineBastion(terminal);
  const target = await findTarget(flags, terminal).catch(failureOf);
  if ('how' in target) {
    yield target;
    return;
  }
  yield ok(`${programName(terminal)} talks to ${target.url}, from ${target.from}`);
  const reached = yield* examineLabd(target);
  if (reached) yield* examineFleet(target);
}
