// What a checker of rendered files finds.

export interface Problem {
  readonly file: string;
  /** From 1 */
  readonly line: number;
  readonly problem: string;
}

/** A checker of one file's text: numbers of lines with what is wrong in them. */
export type Checker = (text: string) => readonly Omit<Problem, 'file'>[];
