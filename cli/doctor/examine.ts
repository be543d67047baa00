// What is looked at, one thing after the other; what makes the rest pointless ends it.
import type { TargetFlags } from '../labd/target.ts';
import { findTarget } from '../labd/target.ts';
import { self } from '../terminal/programName.ts';
import { failureOf, type Finding, ok } from './finding.ts';
import { examineFleet } from './fleet.ts';
import { examineLabd } from './labd.ts';
import { examineMachine } from './machine.ts';

/** Looks at this machine, then at the labd that the flags mean, then at what that knows. */
export async function* examine(flags: TargetFlags): AsyncGenerator<Finding> {
  yield* examineMachine();
  const target = await findTarget(flags).catch(failureOf);
  if ('how' in target) {
    yield target;
    return;
  }
  yield ok(`${self()} talks to ${target.url}, from ${target.from}`);
  const reached = yield* examineLabd(target);
  if (reached) yield* examineFleet(target);
}
