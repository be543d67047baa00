// Refuses a root field unless its caller has the declared permission on some object. The field's resolver then demands
// the permission on the objects that it touches.
import { GraphQLError, type GraphQLField, type GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { Forbidden } from '../../server/domain/errors.ts';
import { recordRefusal } from '../../server/store/refusals.ts';
import { demandAny, demandSome, needed } from './scope.ts';
import { type Context, originOf } from '../base/context.ts';
import { orUserError, type Result } from '../base/errors.ts';
import { type Declared, type Named, refusedOf } from './refusal.ts';

/** What a root field declares; undefined for one that declares nothing. */
export const declared = (field: GraphQLField<unknown, unknown>): Declared | undefined =>
  (field.extensions['pothosOptions'] as Declared | undefined)?.action === undefined
    ? undefined
    : (field.extensions['pothosOptions'] as Declared);

type Resolve = NonNullable<GraphQLField<unknown, Context>['resolve']>;
type Check = (context: Context) => void;

/**
 * Throws unless the caller has the permission on some object. For most kinds a mutation is not checked here: it names the
 * missing permission itself, once it knows the object. A wider one, named here, would make administrators grant too much.
 */
function check({ action, kind }: Declared, { caller }: Context, mutates: boolean): void {
  if (action === 'public') return;
  if (caller.kind === 'anonymous' || caller.ended !== undefined)
    throw new GraphQLError('Sign in first.', { extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } } });
  if (action === 'self') return;
  if (kind && mutates && needed(kind, action) === action) return;
  if (kind) demandSome(caller.scope, action, kind);
  else demandAny(caller.scope, action);
}

/** A root field that is only answered when its caller may do what it declares. */
const guarded =
  (resolve: Resolve, checked: Check): Resolve =>
  async (root, args, context, info) => {
    checked(context);
    return resolve(root, args, context, info);
  };

/** Records a refusal before it is answered. When it cannot be recorded, the answer is that the database is away. */
const recording =
  (name: string, own: Declared, resolve: Resolve): Resolve =>
  async (root, args, context, info) => {
    try {
      return await resolve(root, args, context, info);
    } catch (error) {
      if (error instanceof Forbidden)
        await recordRefusal(context.database, originOf(context, name), refusedOf(name, own, error, args as Named));
      throw error;
    }
  };

/** A mutation answers with a typed error. */
const answering =
  (resolve: Resolve): Resolve =>
  (root, args, context, info) =>
    orUserError(async () => (await resolve(root, args, context, info)) as Result);

/** Puts the guard before every root field of the schema. Throws for a field that declares nothing. */
export function guard(schema: GraphQLSchema): GraphQLSchema {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of roots.filter((one): one is GraphQLObjectType => one != null)) {
    for (const field of Object.values(type.getFields()) as GraphQLField<unknown, Context>[]) {
      const own = declared(field as GraphQLField<unknown, unknown>);
      if (!own) throw new Error(`${type.name}.${field.name} declares no action`);
      const checked: Check = (context) => check(own, context, type === schema.getMutationType());
      const safe = (resolve: Resolve) => recording(field.name, own, guarded(resolve, checked));
      if (type === schema.getSubscriptionType()) field.subscribe = safe(field.subscribe!);
      else field.resolve = safe(field.resolve!);
      if (type === schema.getMutationType()) field.resolve = answering(field.resolve!);
    }
  }
  return schema;
}
