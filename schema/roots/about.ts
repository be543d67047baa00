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
  description: 'What answers you.',
  fields: (t) => ({
    version: t.exposeString('version', { description: "labd's version." }),
    engine: t.exposeString('engine', { description: 'The database engine: `embedded`, `postgres` or `cockroach`.' }),
    revision: t.expose('revision', { type: 'Revision', description: 'The newest revision.' }),
  }),
});

builder.queryField('about', (t) =>
  t.field({
    type: About,
    action: 'read',
    description: 'labd itself.',
    resolve: async (_root, _args, { database }) => ({
      version,
      engine: database.engine,
      revision: formatCursor(await head(database.prisma)),
    }),
  }),
);
