// A labd to ask: typed documents in, data out.
import type { TypedDocumentString } from '../generated/documents.ts';
import { failed, send } from './http.ts';
import type { Target } from './target.ts';

export interface Client {
  readonly target: Target;
  /** Runs a document. Throws CliError when labd is away or answers with errors. */
  run<R, V>(document: TypedDocumentString<R, V>, variables: V): Promise<R>;
}

export const openClient = (target: Target): Client => ({
  target,
  async run<R, V>(document: TypedDocumentString<R, V>, variables: V) {
    const { data, errors } = await send(target, {
      query: document.toString(),
      variables: variables as object,
      known: true,
    });
    if (errors) throw failed(errors);
    return data as R;
  },
});
