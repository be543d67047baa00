// Refuses operations of callers without a credential, except for root fields that are open to everybody. It does so before
// validation, whose messages would reveal the schema.
import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { declared } from '../../schema/permissions/guard.ts';
import { LimitExceeded } from '../limits/exceeded.ts';
import type { Operation } from '../operation/operation.ts';

/** The error for a caller without a credential. */
export const unauthenticated = (message: string): LimitExceeded =>
  new LimitExceeded({
    code: 'UNAUTHENTICATED',
    status: 401,
    message,
    headers: { 'www-authenticate': 'Bearer realm="lab"' },
  });

const signInFirst = (): LimitExceeded =>
  unauthenticated('Sign in first: send a token as Authorization: Bearer TOKEN, or run lab login');

/** Whether every root field of a document is for everybody. */
function isPublic(schema: GraphQLSchema, document: DocumentNode): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  const seen = new Set<string>();
  const open = (
    fields: ReturnType<NonNullable<ReturnType<GraphQLSchema['getRootType']>>['getFields']>,
    set: SelectionSetNode,
  ): boolean =>
    set.selections.every((selection) => {
      if (selection.kind === Kind.FIELD) {
        const field = fields[selection.name.value];
        return field !== undefined && declared(field)?.action === 'public';
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) return open(fields, selection.selectionSet);
      const name = selection.name.value;
      if (seen.has(name)) return true;
      seen.add(name);
      const fragment = fragments.get(name);
      return fragment !== undefined && open(fields, fragment.selectionSet);
    });
  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  return (
    operations.length > 0 &&
    operations.every((one) => {
      seen.clear();
      const root = schema.getRootType(one.operation);
      return root != null && open(root.getFields(), one.selectionSet);
    })
  );
}

/** Refuses operations of callers without a credential, except for those open to everybody. */
export function useAuthentication(schema: GraphQLSchema): Plugin {
  return {
    onValidate({ context, params }) {
      const { caller } = context as unknown as Operation;
      if (caller.ended !== undefined) throw unauthenticated(`Sign in again: ${caller.ended}`);
      if (caller.kind === 'anonymous' && !isPublic(schema, params.documentAST as DocumentNode)) throw signInFirst();
    },
  };
}
