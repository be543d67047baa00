// Renders the plan of an install before there is one, as its bastion will: what no installer could read is refused while
// somebody is there to mend it.
import { PlanError } from './parameters.ts';
import type { InstallPlan } from './plan.ts';
import { renderInstall, type RenderedInstall } from './render.ts';
import { TemplateError } from './templateError.ts';
import { Conflict, InvalidInput, type UserError } from '../userError.ts';

/** Stands in for what only the bastion knows. */
const BASTION = 'http://bastion.invalid:8080';

/** Renders it with stand-ins for the token, addresses and the values of these secrets. Throws InvalidInput, Conflict. */
export function renderPlan(plan: InstallPlan, secretNames: readonly string[], shipped: boolean): RenderedInstall {
  const site = {
    bastionUrl: BASTION,
    filesUrl: `${BASTION}/files`,
    treeUrl: `${BASTION}/tree`,
    token: 'token-of-the-attempt',
    time: 0,
    secrets: Object.fromEntries(secretNames.map((name) => [name, `secret-${name}`])),
  };
  try {
    return renderInstall(plan, site);
  } catch (error) {
    throw refusal(error, plan, shipped) ?? error;
  }
}

function refusal(error: unknown, { profile, machine }: InstallPlan, shipped: boolean): UserError | undefined {
  const whole = (problem: string) =>
    `Profile "${profile.name}" cannot be rendered for server "${machine.name}". ${problem}`;
  if (error instanceof PlanError)
    return error.parameter === null
      ? new Conflict(whole(error.problem), error.remedy)
      : new InvalidInput(`input.set.${error.parameter}`, whole(error.problem), error.remedy);
  if (!(error instanceof TemplateError)) return undefined;
  const remedy = shipped
    ? `Make a copy, and mend that: lab create profile NAME --from ${profile.name}.`
    : `Mend it: lab edit profile ${profile.name}.`;
  return new Conflict(whole(`${error.message}.`), remedy);
}
