// What can go wrong for who types a command, each with its exit code and what to type next.

/** Every exit code there is; a closed pipe is 0. */
export const exits = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  forbidden: 4,
  unreachable: 5,
  timedOut: 6,
  interrupted: 130,
} as const;

/** What to type or look at next: a text, or one that is made when it is shown, with the name that this program goes by. */
export type Hint = string | ((lab: string) => string);

export const hintText = (hint: Hint, lab: string): string => (typeof hint === 'string' ? hint : hint(lab));

/** A failure with its exit code, told in words and without a stack. */
export class CliError extends Error {
  readonly exit: number;
  /** None when the message says it all */
  readonly hint: Hint | undefined;

  constructor(exit: keyof typeof exits, message: string, hint?: Hint) {
    super(message);
    this.exit = exits[exit];
    this.hint = hint;
  }
}
