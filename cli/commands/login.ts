// lab login and logout: getting a session and keeping it in a context.
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { changeConfig } from '../config/change.ts';
import { type Context, readConfig } from '../config/config.ts';
import { contextFor, targetOf } from '../labd/contexts.ts';
import { CliError, exits } from '../terminal/errors.ts';
import {
  LoginDocument,
  LoginWithIdTokenDocument,
  LogoutDocument,
  MeDocument,
  SignInLinkDocument,
  SignInMethodsDocument,
} from '../generated/documents.ts';
import { type Client, openClient } from '../labd/client.ts';
import type { Target } from '../labd/target.ts';
import { orProblem } from '../kinds/problems.ts';
import { askFor, readSecret } from '../terminal/secret.ts';
import { programName } from '../terminal/programName.ts';
import { left } from '../terminal/text.ts';

export class Login extends LabCommand {
  static override summary = 'Sign in, and keep it in a context.';
  static override description =
    'Asks for name and password, unless it is told otherwise. The context becomes the current one when none is.';
  static override examples = [
    '<%= config.bin %> login',
    '<%= config.bin %> login --labd https://labd.example:4443/graphql --user ann',
    'echo "$TOKEN" | <%= config.bin %> login --token-stdin',
    '<%= config.bin %> login --browser',
  ];
  static override flags = {
    user: Flags.string({ description: 'who signs in' }),
    'password-stdin': Flags.boolean({ description: 'read the password from standard input' }),
    'token-stdin': Flags.boolean({ description: 'read a token from standard input, and keep that' }),
    oidc: Flags.boolean({
      description: 'confirm at the OpenID Connect provider that it is you',
      exclusive: ['user', 'password-stdin', 'token-stdin'],
    }),
    browser: Flags.boolean({ description: 'print a link that signs a browser in to GraphiQL as you' }),
    'authority-hash': Flags.string({
      description: "trust labd's authority when its key has this SHA-256, without asking",
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Login);
    if (flags.browser) return this.link(await this.client(flags));
    const config = await readConfig(this.terminal);
    const context = { ...contextFor(config, flags, this.terminal.env) };
    const hash = flags['authority-hash'];
    const known = targetOf(context, undefined, this.terminal).authority !== undefined;
    const met = context.url.startsWith('https:') && (hash !== undefined || !known);
    if (met) {
      const { trust } = await import('../labd/authority.ts');
      const authority = await trust(context.url, this.terminal, hash);
      if (authority !== undefined) context.authority = authority;
    }
    const token = await this.token(flags, targetOf(context, undefined, this.terminal));
    const { me } = await openClient(targetOf(context, token, this.terminal)).run(MeDocument, {});
    const made: Context = { ...context, token };
    const { currentContext } = await changeConfig(this.terminal, (kept) => {
      // labd's authority may have been followed to its successor by now.
      const followed = kept.contexts.find(({ name, url }) => name === made.name && url === made.url)?.authority;
      if (followed !== undefined && !met) made.authority = followed;
      const others = kept.contexts.filter(({ name }) => name !== made.name);
      return { ...kept, contexts: [...others, made], currentContext: kept.currentContext ?? made.name };
    });
    const until = me.expiresAt ? `; it ends ${left(me.expiresAt, this.terminal.now())}` : '';
    this.terminal.out.write(`Signed in as ${me.name} (${me.roles.join(', ') || 'no roles'})${until}.\n`);
    this.terminal.err.write(
      currentContext === made.name
        ? `context/${made.name} is current.\n`
        : `Kept in context/${made.name}; make it the current one with: ${programName(this.terminal)} config use-context ${made.name}\n`,
    );
    if (this.terminal.env['LAB_TOKEN'])
      this.terminal.err.write('LAB_TOKEN is set, and goes before it: unset that to be who you signed in as.\n');
  }

  private async token(flags: Choice, target: Target): Promise<string> {
    if (flags['token-stdin']) return readSecret(this.terminal.in);
    if (flags.token !== undefined) return flags.token;
    if (flags.oidc) return this.byProvider(openClient(target));
    const name = flags.user ?? (await askFor(this.terminal, 'Name: '));
    const password = flags['password-stdin']
      ? await readSecret(this.terminal.in)
      : await askFor(this.terminal, 'Password: ', true);
    const { result } = await openClient(target).run(LoginDocument, { input: { name, password } });
    return orProblem(result, 'LoggedIn').secret;
  }

  private async byProvider(client: Client): Promise<string> {
    const { signInMethods } = await client.run(SignInMethodsDocument, {});
    const method = signInMethods.find(({ by }) => by === 'OPENID');
    if (!method?.issuer || !method.clientId)
      throw new CliError(
        'failed',
        `labd at ${client.target.url} knows no OpenID Connect provider.`,
        'Sign in with a password or a token.',
      );
    const { confirmDevice } = await import('../labd/device.ts');
    const idToken = await confirmDevice({ issuer: method.issuer, clientId: method.clientId }, this.terminal.err);
    const { result } = await client.run(LoginWithIdTokenDocument, { input: { idToken } });
    return orProblem(result, 'LoggedIn').secret;
  }

  private async link(client: Client): Promise<void> {
    const { result } = await client.run(SignInLinkDocument, {});
    const { path, expiresAt } = orProblem(result, 'SignInLink');
    this.terminal.out.write(`${new URL(path, client.target.url).href}\n`);
    this.terminal.err.write(`It works once; it ends ${left(expiresAt, this.terminal.now())}.\n`);
  }
}

interface Choice {
  user?: string | undefined;
  token?: string | undefined;
  'password-stdin': boolean;
  oidc: boolean;
  'token-stdin': boolean;
}

export class Logout extends LabCommand {
  static override summary = 'End the session, and forget it.';
  static override examples = ['<%= config.bin %> logout'];

  async run(): Promise<void> {
    const { flags } = await this.parse(Logout);
    const config = await readConfig(this.terminal);
    const context = contextFor(config, flags, this.terminal.env);
    if (!context.token)
      throw new CliError(
        'failed',
        `The context "${context.name}" is not signed in.`,
        (lab) => `Sign in with: ${lab} login`,
      );
    const { token } = context;
    // A token of the API outlives this; a session is ended at labd too, if it can be reached.
    const session = token.startsWith('lab_ses_');
    const ended = session ? await this.end(targetOf(context, token, this.terminal)) : true;
    await changeConfig(this.terminal, ({ contexts, ...kept }) => ({
      ...kept,
      contexts: contexts.map(({ token: there, ...one }) =>
        one.name === context.name && there === token
          ? one
          : { ...one, ...(there === undefined ? {} : { token: there }) },
      ),
    }));
    this.terminal.out.write(`context/${context.name} is signed out\n`);
    if (!session) this.terminal.err.write('The token itself is still good: delete it with lab delete token NAME.\n');
    else if (!ended)
      this.terminal.err.write('labd could not be told: the session ends there by itself within a week.\n');
  }

  private async end(target: Target): Promise<boolean> {
    try {
      await openClient(target).run(LogoutDocument, {});
      return true;
    } catch (error) {
      // A session that labd does not take any more has ended already.
      return error instanceof CliError && error.exit === exits.forbidden;
    }
  }
}
