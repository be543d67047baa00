// lab auth: who one is, who may do what, and giving and taking that.
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { CliError, exits } from '../terminal/errors.ts';
import {
  type Action,
  BindDocument,
  BindingsOfDocument,
  CanIDocument,
  ChangePasswordDocument,
  type Kind,
  MeDocument,
  RevokeAgentDocument,
  RevokeBastionDocument,
  UnbindDocument,
} from '../generated/documents.ts';
import { findKind } from '../kinds/index.ts';
import type { KindView } from '../kinds/kind.ts';
import { role as roleView } from '../kinds/role.ts';
import { user as userView } from '../kinds/user.ts';
import { orProblem } from '../kinds/problems.ts';
import { nameIn } from '../objects/references.ts';
import { askFor, askTwice } from '../terminal/secret.ts';
import { harmless, left } from '../terminal/text.ts';

/** What each verb of the command line takes; requirement A2 has this list. */
const verbs: Readonly<Record<Lowercase<Action>, readonly string[]>> = {
  read: ['read', 'get', 'list', 'describe', 'watch', 'wait', 'history', 'logs', 'why'],
  apply: [
    'apply',
    'create',
    'edit',
    'update',
    'label',
    'rename',
    'provision',
    'reprovision',
    'cancel',
    'adopt',
    'reset',
    'restore',
    'undo',
  ],
  destroy: ['destroy', 'delete', 'forget', 'retire', 'prune'],
  admin: ['admin', 'administer', 'enrol', 'revoke'],
};

function actionOf(verb: string): Action {
  const found = Object.entries(verbs).find(([, words]) => words.includes(verb.toLowerCase()))?.[0];
  if (found) return found.toUpperCase() as Action;
  throw new CliError(
    'usage',
    `"${verb}" is nothing that can be allowed.`,
    `Use one of: ${Object.values(verbs).flat().join(', ')}.`,
  );
}

class WhoAmI extends LabCommand {
  static override summary = 'Tell who you are, and what you may do.';
  static override examples = ['<%= config.bin %> auth whoami', '<%= config.bin %> auth whoami -o json'];
  static override flags = {
    output: Flags.string({
      char: 'o',
      description: 'how to print',
      options: ['text', 'json', 'yaml'],
      default: 'text',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(WhoAmI);
    const { me } = await (await this.client(flags)).run(MeDocument, {});
    if (flags.output === 'json') return void this.terminal.out.write(`${JSON.stringify(me, null, 2)}\n`);
    if (flags.output === 'yaml') {
      const { stringify } = await import('../terminal/yaml.ts');
      return void this.terminal.out.write(stringify(me));
    }
    const facts: [string, string | null][] = [
      ['Name', me.name],
      ['Kind', me.kind.toLowerCase()],
      ['Roles', me.roles.join(', ') || 'none'],
      ['Permissions', me.permissions.join(' ') || 'none'],
      ['By', me.credential],
      ['Ends', me.expiresAt ? `${me.expiresAt} (${left(me.expiresAt, this.terminal.now())})` : 'never'],
    ];
    this.terminal.out.write(
      facts.map(([name, value]) => `${`${name}:`.padEnd(13)}${harmless(value ?? '-')}\n`).join(''),
    );
  }
}

class CanI extends LabCommand {
  static override summary = 'Tell whether you, or somebody else, may do something.';
  static override description = 'Prints yes or no, and exits with 0 or 1.';
  static override completes = [{ of: Object.values(verbs).flat() }, 'kinds', 'names', []] as const;
  static override usage = 'auth can-i VERB KIND [NAME] [--as USER] [--why] | auth can-i --list';
  static override examples = [
    '<%= config.bin %> auth can-i delete server web-1',
    '<%= config.bin %> auth can-i provision servers --environment prod --why',
    '<%= config.bin %> auth can-i get users --as ann',
  ];
  static override args = {
    verb: Args.string({ description: 'what is to be done' }),
    kind: Args.string({ description: 'to what kind of object, or KIND/NAME' }),
    name: Args.string({ description: 'to which; any of them when absent' }),
  };
  static override flags = {
    as: Flags.string({ description: 'whether this user may' }),
    why: Flags.boolean({ description: 'tell which permission it takes, and where it comes from' }),
    list: Flags.boolean({ description: 'list all that you may do' }),
    cloud: Flags.string({ description: 'in this cloud' }),
    environment: Flags.string({ char: 'n', description: 'in this environment' }),
  };

  async run(): Promise<number | void> {
    const { args, flags } = await this.parse(CanI);
    const as = flags.as === undefined ? undefined : { name: nameIn(flags.as, userView) };
    const client = await this.client(flags);
    if (flags.list) {
      const { me } = await client.run(MeDocument, {});
      return void this.terminal.out.write(me.permissions.map((one) => `${harmless(one)}\n`).join(''));
    }
    if (args.verb === undefined || args.kind === undefined)
      throw new CliError(
        'usage',
        'Say what is to be done to what.',
        (lab) => `Such as: ${lab} auth can-i delete server web-1`,
      );
    const [kind, slashed] = args.kind.split('/') as [string, string?];
    const question = {
      action: actionOf(args.verb),
      kind: findKind(kind).kind.type as Kind,
      name: args.name ?? slashed,
      cloud: flags.cloud,
      environment: flags.environment,
      as,
    };
    const { canI } = await client.run(CanIDocument, question);
    this.terminal.out.write(canI.allowed ? 'yes\n' : 'no\n');
    if (flags.why) {
      const held = canI.held.length > 0 ? `held: ${canI.held.join(' ')}` : 'nothing is held';
      const reasons = canI.by.map(
        ({ role, permission }) => `allowed by ${permission}${role ? ` of role/${role}` : ''}`,
      );
      const lines = [`it takes ${canI.permission}`, ...(reasons.length > 0 ? reasons : [held])];
      this.terminal.out.write(lines.map((line) => `${harmless(line)}\n`).join(''));
    }
    return canI.allowed ? exits.done : exits.failed;
  }
}

const named = (view: KindView) =>
  Args.string({
    required: true,
    description: `the ${view.kind.field}, NAME or ${view.kind.field}/NAME`,
    parse: async (word) => nameIn(word, view),
  });

const pair = { user: named(userView), role: named(roleView) };

class Bind extends LabCommand {
  static override summary = 'Give a user a role.';
  static override examples = ['<%= config.bin %> auth bind ann operator'];
  static override args = pair;
  static override completes = ['users', 'roles', []] as const;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Bind);
    const { user, role } = args;
    const input = { user: { name: user }, role: { name: role } };
    const { result } = await (await this.client(flags)).run(BindDocument, { input });
    orProblem(result, 'RoleBinding');
    this.terminal.out.write(`user/${user} has role/${role}\n`);
  }
}

class Unbind extends LabCommand {
  static override summary = 'Take a role from a user.';
  static override examples = ['<%= config.bin %> auth unbind ann operator'];
  static override args = pair;
  static override completes = ['users', 'roles', []] as const;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Unbind);
    const client = await this.client(flags);
    const { user } = await client.run(BindingsOfDocument, { by: { name: args.user } });
    if (!user)
      throw new CliError('notFound', `user "${args.user}" not found`, (lab) => `See what there is: ${lab} get users`);
    const found = user.bindings.nodes.find(({ role }) => role?.name === args.role);
    if (!found)
      throw new CliError(
        'notFound',
        `user/${args.user} does not have role/${args.role}`,
        (lab) => `See: ${lab} describe user ${args.user}`,
      );
    const { result } = await client.run(UnbindDocument, { by: { id: found.id } });
    orProblem(result, 'RoleBinding');
    this.terminal.out.write(`user/${args.user} no longer has role/${args.role}\n`);
  }
}

class Passwd extends LabCommand {
  static override summary = 'Change your own password.';
  static override examples = ['<%= config.bin %> auth passwd'];

  async run(): Promise<void> {
    const { flags } = await this.parse(Passwd);
    const client = await this.client(flags);
    const present = await askFor(this.terminal, 'Present password (empty if there is none): ', true);
    const wanted = await askTwice(this.terminal, 'New password');
    const { result } = await client.run(ChangePasswordDocument, { input: { present: present || null, wanted } });
    orProblem(result, 'Done');
    this.terminal.out.write('Your password is changed\n');
  }
}

/** What has certificates, and how they are revoked. */
const revocations = { Bastion: RevokeBastionDocument, Agent: RevokeAgentDocument } as const;

class Revoke extends LabCommand {
  static override summary = 'Make the certificates of a bastion or an agent worthless.';
  static override description = 'Its connections are cut. It comes back with a token that is made for its name later.';
  static override completes = ['objects', []] as const;
  static override usage = 'auth revoke bastion/NAME';
  static override examples = ['<%= config.bin %> auth revoke bastion/north'];
  static override args = { target: Args.string({ description: 'bastion/NAME or agent/NAME', required: true }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Revoke);
    const [kind = '', name = ''] = args.target.split('/');
    const found = Object.entries(revocations).find(([type]) =>
      [type.toLowerCase(), `${type.toLowerCase()}s`].includes(kind),
    );
    if (!found || name === '')
      throw new CliError('usage', `"${args.target}" has no certificates.`, 'Write bastion/NAME or agent/NAME.');
    const [type, document] = found as [keyof typeof revocations, typeof RevokeBastionDocument];
    const { result } = await (await this.client(flags)).run(document, { by: { name } });
    orProblem<{ __typename: string }, string>(result, type);
    this.terminal.out.write(`${type.toLowerCase()}/${name} is revoked\n`);
  }
}

export const authCommands = {
  whoami: WhoAmI,
  'can-i': CanI,
  bind: Bind,
  unbind: Unbind,
  passwd: Passwd,
  revoke: Revoke,
};
