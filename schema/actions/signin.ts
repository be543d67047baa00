// Signing in and out. Of all mutations, `login` alone is for whoever has no credential yet.
import { signInByIdToken } from '../../server/domain/access/openid.ts';
import { endSession, type SignedIn } from '../../server/domain/access/session.ts';
import { changePassword, makeLink, signIn } from '../../server/domain/access/signin.ts';
import { InvalidInput } from '../../server/domain/errors.ts';
import { builder } from '../base/builder.ts';
import { type Context, originOf } from '../base/context.ts';
import { resultUnion } from '../base/errors.ts';

const LoggedIn = builder.objectRef<SignedIn>('LoggedIn').implement({
  description: 'You are signed in.',
  fields: (t) => ({
    name: t.exposeString('name', { description: "The user's name, such as `ann`." }),
    secret: t.exposeString('secret', {
      description: "The session's secret, to be sent as `Authorization: Bearer`; shown this once.",
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the session ends.' }),
  }),
});

const SignInLink = builder.objectRef<SignedIn>('SignInLink').implement({
  description: 'A link that signs a browser in, once.',
  fields: (t) => ({
    path: t.string({
      description: "What to open below labd's address. The secret is behind the #, so that it is in no log.",
      resolve: ({ secret }) => `/sign-in#${secret}`,
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'Until when it can be opened.' }),
  }),
});

const Done = builder.objectRef<object>('Done').implement({
  description: 'It is done, and there is nothing to show.',
  fields: (t) => ({
    done: t.boolean({
      description: 'Always true: whatever kept it from being done is answered as an error.',
      resolve: () => true,
    }),
  }),
});

const LoginInput = builder.inputType('LoginInput', {
  description: 'Who signs in, and what proves it.',
  fields: (t) => ({
    name: t.string({ required: true, description: "The user's name, such as `ann`." }),
    password: t.string({ required: true, description: 'The password of the user.' }),
  }),
});

const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: 'A new password for yourself.',
  fields: (t) => ({
    present: t.string({ description: 'The present password, if there is one.' }),
    wanted: t.string({ required: true, description: 'The new one, of 12 characters at least.' }),
  }),
});

const signer = ({ address, agent }: Context) => ({ address, agent });

/** The user that the caller is. Throws InvalidInput for a bastion or an agent. */
function userOf({ caller }: Context): string {
  if (caller.kind === 'user' && caller.id !== null) return caller.id;
  throw new InvalidInput('by', `${caller.actor} is not a user.`, 'Sign in as a user.');
}

builder.mutationField('login', (t) =>
  t.field({
    type: resultUnion('LoginResult', 'What login answers.', [LoggedIn]),
    action: 'public',
    description: 'Signs a user in with a password.',
    args: { input: t.arg({ type: LoginInput, required: true, description: 'Who signs in, and what proves it.' }) },
    resolve: async (_root, { input }, context) => {
      const { database, throttle } = context;
      const signedIn = await signIn(database, throttle, originOf(context, 'login'), input, signer(context));
      return { ...signedIn, __typename: 'LoggedIn' };
    },
  }),
);

const SignInBy = builder.enumType('SignInBy', {
  description: 'A way to sign in.',
  values: {
    PASSWORD: { description: 'With name and password, by the mutation `login`.' },
    OPENID: { description: 'With an ID token of the OpenID Connect provider, and `loginWithIdToken`.' },
  } as const,
});

interface Method {
  readonly by: 'PASSWORD' | 'OPENID';
  readonly issuer: string | null;
  readonly clientId: string | null;
}

const SignInMethod = builder.objectRef<Method>('SignInMethod').implement({
  description: 'A way to sign in, and what a program needs to know for it.',
  fields: (t) => ({
    by: t.field({ type: SignInBy, description: 'Which way of signing in this is.', resolve: ({ by }) => by }),
    issuer: t.exposeString('issuer', { nullable: true, description: 'The OpenID Connect provider.' }),
    clientId: t.exposeString('clientId', { nullable: true, description: 'What labd is called there.' }),
  }),
});

builder.queryField('signInMethods', (t) =>
  t.field({
    type: [SignInMethod],
    action: 'public',
    description: 'The ways to sign in to this labd.',
    resolve: (_root, _args, { openId }): Method[] => [
      { by: 'PASSWORD', issuer: null, clientId: null },
      ...(openId
        ? [{ by: 'OPENID' as const, issuer: openId.settings.issuer, clientId: openId.settings.clientId }]
        : []),
    ],
  }),
);

const LoginWithIdTokenInput = builder.inputType('LoginWithIdTokenInput', {
  description: 'Who signs in, as a provider says.',
  fields: (t) => ({
    idToken: t.string({ required: true, description: 'The ID token, not older than five minutes; it works once.' }),
  }),
});

builder.mutationField('loginWithIdToken', (t) =>
  t.field({
    type: resultUnion('LoginWithIdTokenResult', 'What loginWithIdToken answers.', [LoggedIn]),
    action: 'public',
    description: 'Signs a user in whom the OpenID Connect provider vouches for.',
    args: {
      input: t.arg({ type: LoginWithIdTokenInput, required: true, description: 'Who signs in, and what proves it.' }),
    },
    resolve: async (_root, { input }, context) => {
      const { database, openId, throttle } = context;
      const origin = originOf(context, 'loginWithIdToken');
      const signedIn = await signInByIdToken(database, openId, throttle, origin, input.idToken, signer(context));
      return { ...signedIn, __typename: 'LoggedIn' };
    },
  }),
);

/** The session that one asks with; null for other credentials. */
function sessionOf({ caller }: Context): string | null {
  const [kind, id] = caller.credential?.split(':') ?? [];
  return kind === 'Session' && id !== undefined ? id : null;
}

builder.mutationField('logout', (t) =>
  t.field({
    type: resultUnion('LogoutResult', 'What logout answers.', [Done]),
    action: 'self',
    description: 'Ends the session that you ask with.',
    resolve: async (_root, _args, context) => {
      const id = sessionOf(context);
      if (id === null)
        throw new InvalidInput('by', 'You are not signed in by a session.', 'A token ends with lab delete token NAME.');
      const revision = await endSession(context.database, originOf(context, 'logout'), id);
      // The sessions that end are refused from the moment of the answer on.
      if (revision !== null) await context.hub.reached(revision);
      return { __typename: 'Done' };
    },
  }),
);

builder.mutationField('createSignInLink', (t) =>
  t.field({
    type: resultUnion('CreateSignInLinkResult', 'What createSignInLink answers.', [SignInLink]),
    action: 'self',
    description: 'Makes a link that signs a browser in as you. It works once, within ten minutes.',
    resolve: async (_root, _args, context) => {
      const origin = originOf(context, 'createSignInLink');
      const link = await makeLink(context.database, origin, userOf(context), signer(context), context.caller.maker);
      return { ...link, __typename: 'SignInLink' };
    },
  }),
);

builder.mutationField('changePassword', (t) =>
  t.field({
    type: resultUnion('ChangePasswordResult', 'What changePassword answers.', [Done]),
    action: 'self',
    description: 'Changes your own password, and ends all your other sessions.',
    args: { input: t.arg({ type: ChangePasswordInput, required: true, description: 'The old one and the new.' }) },
    resolve: async (_root, { input }, context) => {
      const { database, throttle, hub } = context;
      const self = { userId: userOf(context), session: sessionOf(context), maker: context.caller.maker };
      const revision = await changePassword(database, throttle, originOf(context, 'changePassword'), self, input);
      // The sessions that end are refused from the moment of the answer on.
      if (revision !== null) await hub.reached(revision);
      return { __typename: 'Done' };
    },
  }),
);
