// What lab provision --dry-run prints: the values of parameters with where each is from, the disk, and what the installer is told.
import type { PlannedDisk } from '../../common/install/plan.ts';
import type { PlanInstallMutation } from '../generated/documents.ts';
import { diskText } from '../kinds/install.ts';
import { plainTable } from '../print/table.ts';
import { harmless } from '../terminal/text.ts';

type AtLabd = Extract<PlanInstallMutation['result'], { __typename: 'InstallPlanned' }>;

/** What is told; a bastion without labd knows no revisions. */
type Planned = Pick<AtLabd, 'server' | 'os' | 'filesReady' | 'bootWarning'> & {
  readonly revision: string | null;
  readonly parameters: unknown;
  readonly disk: unknown;
  readonly files: unknown;
  readonly kernelArguments: readonly string[];
};

const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function parametersTable(parameters: unknown): string {
  const all = Object.entries(parameters as Readonly<Record<string, { value: unknown; from: string }>>);
  if (all.length === 0) return '';
  const rows = all.map(([name, { value, from }]) => [name, valueText(value), from]);
  return `\n${plainTable([['PARAMETER', 'VALUE', 'FROM'], ...rows])}`;
}

/** The text, with line ends; what stands in files is as the machine gets it but for what is not safe to print. */
export function plannedText(planned: Planned): string {
  const { server, os, revision, parameters, disk, filesReady, bootWarning, files, kernelArguments } = planned;
  const lines = [
    `server/${server}: ${os}${revision === null ? '' : ` at revision ${revision}`}`,
    `Disk: ${diskText(disk as PlannedDisk | null) ?? 'none'}`,
    ...(bootWarning ? [`Warning: ${bootWarning}`] : []),
    ...(filesReady === null ? ['Files: whether its bastion has them is not known'] : []),
    `Kernel arguments: ${kernelArguments.join(' ')}`,
  ];
  const texts = Object.entries(files as Readonly<Record<string, string>>);
  const shown = texts.map(([name, text]) => {
    const safe = text.trimEnd().split('\n').map(harmless).join('\n');
    return `\n--- ${harmless(name)}\n${safe}\n`;
  });
  return `${lines.map(harmless).join('\n')}\n${parametersTable(parameters)}${shown.join('')}`;
}
