// What is wrong with a template, and where.

export interface Position {
  readonly template: string;
  /** From 1 */
  readonly line: number;
}

export class TemplateError extends Error {
  readonly template: string;
  readonly line: number;

  constructor({ template, line }: Position, problem: string) {
    super(`Template ${template}, line ${line}: ${problem}`);
    this.name = 'TemplateError';
    this.template = template;
    this.line = line;
  }
}
