// Prisma's CLI only ever generates code here, which needs no engine; naming any executable keeps it from looking
// for one to download. Migrations are made and applied by our own code (server/store/migrate.ts).
import { defineConfig } from 'prisma/config';

process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } });
