// Why a file could not be had: what happened, to which file, and what to do.

/** What kinds of trouble there are, for whoever has to act on one. */
export type FileTroubleCode =
  /** The mirror does not answer, or not to the end */
  | 'UNREACHABLE'
  /** The mirror, or the folder, has no such file */
  | 'NOT_FOUND'
  /** It answers with something else than a file */
  | 'REFUSED'
  /** The file is another than the one that was wanted */
  | 'WRONG_SUM'
  /** The mirror's list of sums was replaced meanwhile */
  | 'MIRROR_CHANGED'
  /** Nobody says what the file has to be */
  | 'NO_SUM'
  /** The disk has too little room for it */
  | 'NO_ROOM'
  /** What was asked for makes no sense */
  | 'USAGE';

export class FileTrouble extends Error {
  readonly code: FileTroubleCode;

  constructor(code: FileTroubleCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
