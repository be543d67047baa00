// Files of text as people have them: UTF-8. What other programs write is told for what it is, rather than misread.
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { CliError } from './errors.ts';
import type { Input } from './terminal.ts';

const REMEDY = (encoding: string) =>
  `Save it as UTF-8. For a file: iconv -f ${encoding} -t UTF-8; PowerShell writes UTF-8 with: | Out-File -Encoding utf8.`;

/** How a text begins that is not UTF-8, the longest first; without a byte-order mark the NULs beside its letters tell. */
const OTHERS: readonly { readonly begins: RegExp; readonly encoding: string }[] = [
  { begins: /^(?:\xff\xfe\0\0|\0\0\xfe\xff)/, encoding: 'UTF-32' },
  { begins: /^(?:\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0])/, encoding: 'UTF-16' },
];

/** The line of the first byte that is no UTF-8. */
function lineOfFirstWrong(bytes: Buffer): number {
  let [line, begin] = [1, 0];
  for (let end = bytes.indexOf(10); end >= 0 && isUtf8(bytes.subarray(begin, end)); end = bytes.indexOf(10, begin)) {
    line += 1;
    begin = end + 1;
  }
  return line;
}

/** Bytes as the text that they are, without a byte-order mark at its beginning. Throws a usage error for other encodings. */
export function decodeText(bytes: Buffer, from: string): string {
  const begin = bytes.toString('latin1', 0, 4);
  const other = OTHERS.find(({ begins }) => begins.test(begin));
  if (other) throw new CliError('usage', `${from} is ${other.encoding}, not UTF-8.`, REMEDY(other.encoding));
  if (!isUtf8(bytes))
    throw new CliError(
      'usage',
      `${from} is not UTF-8: line ${lineOfFirstWrong(bytes)} has a byte that belongs to another encoding.`,
      REMEDY('WINDOWS-1252'),
    );
  return new TextDecoder().decode(bytes);
}

/** A file's text. Throws a usage error for other encodings, and what `unreadable` makes of what the file system says. */
export async function readTextFile(
  file: string,
  unreadable: (error: NodeJS.ErrnoException) => Error = (error) => error,
): Promise<string> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(error);
  });
  return decodeText(bytes, file);
}

/** All of standard input as text. Throws a usage error for other encodings. */
export const readTextInput = async (input: Input): Promise<string> => decodeText(await buffer(input), 'standard input');
