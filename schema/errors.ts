// Errors as types: what a mutation may answer instead of the object.
import {
  Conflict as ConflictError,
  Forbidden as ForbiddenError,
  InvalidInput as InvalidInputError,
  NotFound as NotFoundError,
  UserError as AnyUserError,
} from '../server/domain/errors.ts';
import { builder } from './builder.ts';

const message = 'What happened, to which object.';
const remedy = 'What to type or change next.';

export const UserError = builder.interfaceRef<AnyUserError>('UserError').implement({
  description: 'A mistake that the caller can act on.',
  fields: (t) => ({
    message: t.exposeString('message', { description: message }),
    remedy: t.exposeString('remedy', { description: remedy }),
  }),
  resolveType: (error) => error.name,
});

const InvalidInput = builder.objectRef<InvalidInputError>('InvalidInput').implement({
  description: 'A field of the input cannot be accepted as it is.',
  interfaces: [UserError],
  fields: (t) => ({
    field: t.exposeString('field', { description: 'The path of the field, such as `input.cidr`.' }),
  }),
});

const Conflict = builder.objectRef<ConflictError>('Conflict').implement({
  description: "The input is fine by itself, but not with what is there already or with the object's state.",
  interfaces: [UserError],
});

const NotFound = builder.objectRef<NotFoundError>('NotFound').implement({
  description: 'The object does not exist, or you may not see it.',
  interfaces: [UserError],
});

const Forbidden = builder.objectRef<ForbiddenError>('Forbidden').implement({
  description: 'You lack a permission.',
  interfaces: [UserError],
  fields: (t) => ({
    permission: t.exposeString('permission', { description: 'The missing permission, `action:cloud:environment:target`.' }),
  }),
});

/** Every error a mutation may answer with. */
export const userErrors = [InvalidInput, Conflict, NotFound, Forbidden] as const;

/** A union of what a mutation makes and the errors it may answer with. */
export function resultUnion(name: string, description: string, types: readonly object[]) {
  return builder.unionType(name, {
    description,
    types: [...types, ...userErrors] as never,
    resolveType: (value) => (value instanceof AnyUserError ? value.name : (value as { __typename: string }).__typename),
  });
}

/** Turns a thrown UserError into the answer; anything else goes on to be masked and logged. */
export async function orUserError<T>(work: () => Promise<T>): Promise<T | AnyUserError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AnyUserError) return error;
    throw error;
  }
}
