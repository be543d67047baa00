// Renders what an installer is told: its files, and the arguments of its kernel.
import { checkInstall } from './check.ts';
import { installerRows } from './installers.ts';
import { PlanError } from './parameters.ts';
import type { InstallPlan } from './plan.ts';
import { isBootWord, MOST_SAID } from '../boot/way.ts';
import { render } from './template.ts';
import { valuesOf, type Site } from './values.ts';

export interface RenderedInstall {
  /** Texts by file name, to be served below the site's `filesUrl` */
  readonly files: Readonly<Record<string, string>>;
  readonly kernelArguments: readonly string[];
}

/**
 * Bytes of a kernel's command line that a plan may use up: x86 takes 2,048 and cuts off more in silence. Of these the machine's
 * own arguments have theirs, and some are for what the boot script says first, and for the zero at the end.
 */
const LONGEST_COMMAND_LINE = 2_048 - MOST_SAID - 32;
/** Templates that are parts of others alone. */
const isPart = (name: string): boolean => name.startsWith('_');

/** Renders a plan. Throws a TemplateError or a PlanError, whose message a person can act on. */
export function renderInstall(plan: InstallPlan, site: Site): RenderedInstall {
  const { profile, disk } = plan;
  const { main, kernelArguments, last } = installerRows[profile.installer];
  if (main !== null && !Object.hasOwn(profile.templates, main))
    throw new PlanError(
      null,
      `is of a profile without a template ${main}`,
      `Add one: ${profile.installer} begins with it.`,
    );
  if (profile.installer !== 'custom' && disk?.serial == null && disk?.wwn == null)
    throw new PlanError(
      null,
      'has no disk with a serial or a WWN',
      'An installer could not know it again, and writes to no other: discover the machine anew, or choose another disk.',
    );
  const values = valuesOf(plan, site);
  const names = Object.keys(profile.templates).filter((name) => !isPart(name));
  const files = Object.fromEntries(names.map((name) => [name, render(profile.templates, name, values)]));
  demandReadable(plan, files);
  return {
    files,
    kernelArguments: commandLine([...kernelArguments, ...profile.kernelArguments, ...last], values),
  };
}

/** What an installer cannot read has it stand still, or ask: it is not served. */
function demandReadable({ profile }: InstallPlan, files: Readonly<Record<string, string>>): void {
  const [first, ...more] = checkInstall(profile, files);
  if (!first) return;
  const others = more.length > 0 ? `; there are ${more.length} more such lines` : '';
  throw new PlanError(
    null,
    `makes a file that its installer would not take: ${first.file}, line ${first.line}: ${first.problem}${others}`,
    'Mend the template of the profile, or the parameter that is written there.',
  );
}

/** A template of an argument may come to none, or to several. */
function commandLine(templates: readonly string[], values: Parameters<typeof render>[2]): string[] {
  const line = templates.map((text) => render({ 'of the kernel arguments': text }, 'of the kernel arguments', values));
  const words = line.flatMap((text) => text.split(' ')).filter((word) => word !== '');
  const unsafe = words.find((word) => !isBootWord(word));
  if (unsafe !== undefined)
    throw new PlanError(
      null,
      `has the kernel argument ${JSON.stringify(unsafe.slice(0, 80))}, which a boot script cannot say`,
      'Mend it in the profile, or in the parameter that is written there: ASCII, no "${", no "#" before it, no operator of scripts.',
    );
  if (words.join(' ').length <= LONGEST_COMMAND_LINE) return words;
  throw new PlanError(
    null,
    `has kernel arguments of more than ${LONGEST_COMMAND_LINE} bytes`,
    'A kernel would cut them off: shorten those of the profile.',
  );
}
