// How many columns of a terminal a text takes, and what depends on that: cutting it, padding it, breaking it into lines.
import { eastAsianWidth } from 'get-east-asian-width';

/** What may be one sign together with its neighbours, or none at all. */
const combines =
  /[\p{M}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\uff9e\uff9f]/u;

/** What is seen; soft hyphens are, in terminals. */
const visible = /[^\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Mn}\p{Me}]|\u00ad/u;

/**
 * Signs that are emoji though their first character alone is not as wide: flags, keys, what is asked to be an emoji, has
 * a colour of skin, or is joined with others. `\p{RGI_Emoji}` would say the same, and takes as long as Intl.Segmenter.
 */
const emoji =
  /^(?:\p{Regional_Indicator}{2}|[\d#*]\ufe0f?\u20e3|\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier}|.*\u200d\p{Extended_Pictographic}))/u;

/** Vowels and final consonants of Korean syllables, which are written inside the sign that the first consonant opens. */
const within = /[\u1160-\u11ff\ud7b0-\ud7ff]/u;

let made: Intl.Segmenter | undefined;

/** Made when the first text needs it, since that takes longer than most commands take in all; then kept. */
const segmenter = (): Intl.Segmenter => (made ??= new Intl.Segmenter());

/** The signs of a text as people see them. */
const signsOf = (text: string): string[] =>
  combines.test(text) ? Array.from(segmenter().segment(text), ({ segment }) => segment) : [...text];

function signWidth(sign: string): number {
  const first = sign.search(visible);
  if (first < 0) return 0;
  if (emoji.test(sign)) return 2;
  // Marks above and below take no column of their own; letters that join to one sign do.
  const [base, ...more] = sign.slice(first);
  return [base!, ...more.filter((one) => visible.test(one) && !within.test(one))].reduce(
    (width, one) => width + eastAsianWidth(one.codePointAt(0)!),
    0,
  );
}

/** How many columns of a terminal a text takes. */
export const widthOf = (text: string): number =>
  /^[ -~]*$/.test(text) ? text.length : signsOf(text).reduce((width, sign) => width + signWidth(sign), 0);

/** As much of a line as fits into so many columns; colours take none, and are closed where it is cut. */
export function cut(line: string, columns: number): string {
  let room = columns;
  let kept = '';
  for (const part of line.split(/(\u001b\[\d*m)/)) {
    if (part.startsWith('\u001b')) {
      kept += part;
      continue;
    }
    for (const sign of signsOf(part)) {
      const width = signWidth(sign);
      if (width > room) return `${kept}${kept.includes('\u001b') ? '\u001b[0m' : ''}`;
      room -= width;
      kept += sign;
    }
  }
  return kept;
}

/** A text with spaces after it, so that it takes that many columns; one that takes more stays as it is. */
export const pad = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - widthOf(text)));

/** Breaks a text between words so that no line takes more than `width` columns; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
