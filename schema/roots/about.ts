// labd itself.
import { head } from '../../server/store/changes.ts';
import { formatCursor } from '../../server/store/cursor.ts';
import { problemsOf } from '../../server/store/sealing.ts';
import { builder } from '../base/builder.ts';
import { version } from '../base/version.ts';

interface AboutLabd {
  version: string;
  engine: string;
  revision: string;
  problems: string[];
  secretsEncrypted: boolean;
}

const About = builder.objectRef<AboutLabd>('About').implement({
  description: 'The labd that answers you.',
  fields: (t) => ({
    version: t.exposeString('version', { description: "labd's version, as its package has it, such as `0.1.0`." }),
    engine: t.exposeString('engine', { description: 'The database engine: `embedded`, `postgres` or `cockroach`.' }),
    secretsEncrypted: t.exposeBoolean('secretsEncrypted', {
      description: 'Whether secrets are encrypted where they are stored; labd has a key for that then.',
    }),
    revision: t.expose('revision', { type: 'Revision', description: 'The newest revision.' }),
    problems: t.exposeStringList('problems', {
      description:
        'What is wrong although labd answers, a sentence each: its clock, or changes that stay unsealed. `/readyz` has them too.',
    }),
  }),
});

builder.queryField('about', (t) =>
  t.field({
    type: About,
    action: 'read',
    description: 'The version of labd, its database engine, the newest revision, and what is wrong with it.',
    resolve: async (_root, _args, { database, authority }) => ({
      version,
      engine: database.engine,
      secretsEncrypted: authority.encrypted,
      revision: formatCursor(await head(database.prisma)),
      problems: problemsOf(database),
    }),
  }),
);
