// The splitter ends statements at semicolons that end statements, and at no others.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { splitStatements } from '../../../server/store/split.ts';

describe('a script', () => {
  it.each([
    ['two statements', 'SELECT 1; SELECT 2', ['SELECT 1', 'SELECT 2']],
    ['a last semicolon', 'SELECT 1;\n', ['SELECT 1']],
    ['nothing between', ';; SELECT 1;;', ['SELECT 1']],
    ['nothing', ' \n', []],
    ['only comments', '-- a;\n/* b; */', []],
    ['a comment before', '-- a;\nSELECT 1;', ['-- a;\nSELECT 1']],
    ['a comment at the end', 'SELECT 1; -- that was it;', ['SELECT 1']],
    ['a comment within', 'SELECT 1 -- one; \n + 1; SELECT 2', ['SELECT 1 -- one; \n + 1', 'SELECT 2']],
    ['nested comments', 'SELECT /* a /* b; */ c; */ 1; SELECT 2', ['SELECT /* a /* b; */ c; */ 1', 'SELECT 2']],
    ['a string', "SELECT 'a;b'; SELECT 2", ["SELECT 'a;b'", 'SELECT 2']],
    ['a doubled quote', "SELECT 'it''s;'; SELECT 2", ["SELECT 'it''s;'", 'SELECT 2']],
    ['a backslash, which is nothing special', "SELECT '\\'; SELECT 2", ["SELECT '\\'", 'SELECT 2']],
    ['an escape string', "SELECT E'it\\'s;', e'\\\\'; SELECT 2", ["SELECT E'it\\'s;', e'\\\\'", 'SELECT 2']],
    ['a word that ends in e before a string', "SELECT date'\\'; SELECT 2", ["SELECT date'\\'", 'SELECT 2']],
    ['comment marks in a string', "SELECT '--', '/*'; SELECT 2", ["SELECT '--', '/*'", 'SELECT 2']],
    ['a quoted name', 'SELECT "a;""b"; SELECT 2', ['SELECT "a;""b"', 'SELECT 2']],
    ['dollar quotes', 'SELECT $$a;b$$; SELECT 2', ['SELECT $$a;b$$', 'SELECT 2']],
    ['tagged dollar quotes', "SELECT $x$ a; $$ ' $x$; SELECT 2", ["SELECT $x$ a; $$ ' $x$", 'SELECT 2']],
    ['parameters, which are no dollar quotes', 'SELECT $1; SELECT $1', ['SELECT $1', 'SELECT $1']],
    ['a name with dollars', 'SELECT a$b$c; SELECT 2 AS d$b$', ['SELECT a$b$c', 'SELECT 2 AS d$b$']],
  ])('with %s', (_, script, statements) => {
    expect(splitStatements(script)).toEqual(statements);
  });

  it('of ours comes apart into statements that begin with a verb', () => {
    for (const name of readdirSync('prisma/migrations')) {
      const statements = splitStatements(readFileSync(join('prisma/migrations', name, 'migration.sql'), 'utf8'));
      for (const statement of statements)
        expect(statement.replace(/^(--.*\n)+/, '')).toMatch(/^(CREATE|ALTER|DROP|INSERT|UPDATE|DELETE)\b/);
    }
  });
});
