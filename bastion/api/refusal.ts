// The errors of the HTTP API: status, message, remedy and field.

export interface RefusalDetails {
  /** The field, as a path such as `nics[1].mac` */
  field?: string;
  headers?: Record<string, string>;
  /** The rest of the body is not worth reading: the connection ends after the answer */
  close?: boolean;
}

/** An answer in the 400s or 500s. `message` says what happened, `remedy` what to do. */
export class Refusal extends Error {
  readonly status: number;
  readonly remedy: string;
  readonly field: string | undefined;
  readonly headers: Record<string, string>;
  readonly close: boolean;

  constructor(status: number, message: string, remedy: string, details: RefusalDetails = {}) {
    super(message);
    this.status = status;
    this.remedy = remedy;
    this.field = details.field;
    this.headers = details.headers ?? {};
    this.close = details.close ?? false;
  }

  /** The answer's body. */
  toJSON(): { error: string; field?: string; remedy: string } {
    return { error: this.message, ...(this.field === undefined ? {} : { field: this.field }), remedy: this.remedy };
  }
}

/** A field that cannot be taken. */
export function badField(field: string, problem: string, remedy: string): Refusal {
  return new Refusal(422, `${field} ${problem}`, remedy, { field });
}
