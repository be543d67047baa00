// Public SSH keys as people give them: a key itself, or a file with such.
import { CliError } from '../terminal/errors.ts';
import { readTextFile } from '../terminal/textFile.ts';

const KEY = /^[\w@.-]+ [\w+/]+=*( |$)/;

/** The keys, those of files among them: a line each, as a file .pub or an authorized_keys has them. Throws CliError. */
export async function sshKeysIn(given: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(given.map(async (one) => (KEY.test(one) ? one : textOf(one))));
  const lines = texts.flatMap((text) => text.split('\n').map((line) => line.trim()));
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

const textOf = (file: string): Promise<string> =>
  readTextFile(
    file,
    ({ code }) =>
      new CliError(
        'usage',
        `--ssh-key "${file}" is neither a public key nor a file that can be read (${code}).`,
        'Give such as ~/.ssh/id_ed25519.pub.',
      ),
  );
