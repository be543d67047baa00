// The difference that applying would make, as unified diffs are written: a part per object.
import { type Style } from '../terminal/text.ts';
import { stringify } from '../terminal/yaml.ts';
import { kindWord, type Outcome } from './send.ts';

/** One line of a diff. */
export interface Line {
  readonly text: string;
  readonly style?: Style;
}

/** The lines that two texts have in common stay; the longest way through both is found. */
function lineByLine(before: readonly string[], after: readonly string[]): Line[] {
  const common = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      common[i]![j] =
        before[i] === after[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ text: ` ${before[i]}` });
      i += 1;
      j += 1;
    } else if (i < before.length && (j >= after.length || common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push({ text: `-${before[i++]}`, style: 'red' });
    } else lines.push({ text: `+${after[j++]}`, style: 'green' });
  }
  return lines;
}

/** A field with its value as it stands in a manifest, indented below its part. */
const written = (field: string, value: unknown): string[] =>
  stringify({ [field]: value })
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`);

/** A part of a manifest of which objects are compared. */
export interface Compared {
  readonly called: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The lines for what two objects of a kind were told differently; none when nothing is. */
export function comparedLines(one: Compared, other: Compared): Line[] {
  const fields = [...new Set([...Object.keys(one.spec), ...Object.keys(other.spec)])];
  const lines = fields.flatMap((field) => {
    const [before, after] = [one, other].map(({ spec }) => written(field, spec[field] ?? null));
    return before!.join() === after!.join() ? [] : lineByLine(before!, after!);
  });
  if (lines.length === 0) return [];
  return [
    { text: `--- ${one.called}`, style: 'bold' },
    { text: `+++ ${other.called}`, style: 'bold' },
    { text: '@@ spec @@', style: 'cyan' },
    ...lines,
  ];
}

/** The lines for one object; none when nothing is different. */
export function differenceLines({ kind, name, outcome, changes }: Outcome): Line[] {
  if (outcome === 'UNCHANGED') return [];
  const object = `${kindWord(kind)}/${name}`;
  const lines: Line[] = [
    { text: `--- ${outcome === 'CREATED' ? '/dev/null' : `${object} (live)`}`, style: 'bold' },
    { text: `+++ ${outcome === 'PRUNED' ? '/dev/null' : `${object} (applied)`}`, style: 'bold' },
  ];
  let part = '';
  for (const { path, before, after } of changes) {
    const [section = '', field = ''] = path.split('.');
    if (section !== part) lines.push({ text: `@@ ${section} @@`, style: 'cyan' });
    part = section;
    lines.push(...lineByLine(outcome === 'CREATED' ? [] : written(field, before), written(field, after)));
  }
  return lines;
}
