// Flags before the command, as kubectl takes them: `lab --context rack get servers` is `lab get --context rack servers`.

/** Those that many commands have: which are followed by a value, and which are not. */
export const VALUED = ['--context', '--labd', '--token', '--cloud', '--environment', '-n'];
export const ALONE = ['--show-query', '--all-places', '-A'];

/** The flags that words begin with, and the rest, which begins with the command or with another flag. */
export function divideFlags(words: readonly string[]): { flags: string[]; rest: string[] } {
  let at = 0;
  for (;;) {
    const word = words[at] ?? '';
    if (VALUED.includes(word)) at += 2;
    else if (ALONE.includes(word) || VALUED.some((flag) => flag.startsWith('--') && word.startsWith(`${flag}=`)))
      at += 1;
    else return { flags: words.slice(0, at), rest: words.slice(at) };
  }
}
