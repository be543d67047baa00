// labd itself.
import { head } from '../../server/store/changes.ts';
import { formatCursor } from '../../server/store/cursor.ts';
import { builder } from '../base/builder.ts';
import { version } from '../base/version.ts';

interface AboutLabd {
  version: string;
  engine: string;
  revision: string;
}

const About = builder.objectRef<AboutLabd>('About').implement({
  description: 'The labd that answers you.',
  fields: (t) => ({
    version: t.exposeString('version', { description: "labd's version, as its package has it, such as `0.1.0`." }),
    engine: t.exposeString('engine', { description: 'The database engine: `embedded`, `postgres` or `cockroach`.' }),
    revision: t.expose('revision', { type: 'Revision', description: 'The newest revision.' }),
  }),
});

builder.queryField('about', (t) =>
  t.field({
    type: About,
    action: 'read',
    description: 'The version of labd, its database engine and the newest revision.',
    resolve: async (_root, _args, { database }) => ({
      version,
      engine: database.engine,
      revision: formatCursor(await head(database.prisma)),
    }),
  }),
);
