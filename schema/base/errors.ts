// Errors as types: what a mutation may answer instead of the object.
import {
  type Conflict as ConflictError,
  type Forbidden as ForbiddenError,
  type InvalidInput as InvalidInputError,
  type NotFound as NotFoundError,
  UserError as AnyUserError,
} from '../../server/domain/errors.ts';
import { builder, type Types } from './builder.ts';

const message = 'What happened, to which object.';
const remedy = 'What to type or change next.';

const UserError = builder.interfaceRef<AnyUserError & Result>('UserError').implement({
  description: 'A mistake that the caller can act on.',
  fields: (t) => ({
    message: t.exposeString('message', { description: message }),
    remedy: t.exposeString('remedy', { description: remedy }),
  }),
  resolveType: (error) => error.__typename,
});

const InvalidInput = builder.objectRef<InvalidInputError & Result>('InvalidInput').implement({
  description: 'A field of the input cannot be accepted as it is.',
  interfaces: [UserError],
  fields: (t) => ({
    field: t.exposeString('field', { description: 'The path of the field, such as `input.cidr`.' }),
  }),
});

const Conflict = builder.objectRef<ConflictError & Result>('Conflict').implement({
  description: "The input is fine by itself, but not with what is there already or with the object's state.",
  interfaces: [UserError],
  fields: (t) => ({
    code: t.exposeString('code', {
      nullable: true,
      description: 'Which conflict, for programs, if it is one to tell from others: `NO_SECRET_KEY`, `TOO_MANY_TRIES`.',
    }),
  }),
});

const NotFound = builder.objectRef<NotFoundError & Result>('NotFound').implement({
  description: 'The object does not exist, or you may not see it.',
  interfaces: [UserError],
});

const Forbidden = builder.objectRef<ForbiddenError & Result>('Forbidden').implement({
  description: 'You lack a permission.',
  interfaces: [UserError],
  fields: (t) => ({
    permission: t.exposeString('permission', {
      description: 'The missing permission, `action:cloud:environment:target`.',
    }),
  }),
});

/** Every error a mutation may answer with. */
const userErrors = [InvalidInput, Conflict, NotFound, Forbidden] as const;

/** A value of a result union: it says which type it is. */
export interface Result {
  readonly __typename: string;
}

/** A union of what a mutation makes and the errors it may answer with. */
export function resultUnion(
  name: string,
  description: string,
  types: readonly PothosSchemaTypes.ObjectRef<Types, unknown>[],
) {
  return builder.unionType(name, {
    description,
    types: [...types, ...userErrors],
    resolveType: (value) => (value as Result).__typename,
  }) as PothosSchemaTypes.UnionRef<Types, Result>;
}

/**
 * Turns a thrown UserError into the answer; anything else goes on to be masked and logged. The executor would throw an
 * answer that is an Error, so its fields are copied.
 */
export async function orUserError<T extends Result>(work: () => Promise<T>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AnyUserError)) throw error;
    const answer = { ...error, message: error.message, __typename: error.name };
    return answer;
  }
}
