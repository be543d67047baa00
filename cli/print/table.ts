// Tables as kubectl's: columns as wide as their widest cell, three spaces between, headers in capitals.
import type { Column, KindView, Row } from '../kinds/kind.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless, painter, type Style } from '../terminal/text.ts';
import { pad, widthOf } from '../terminal/width.ts';
import type { Found, Printer } from './printer.ts';

const gap = '   ';

interface Cell {
  text: string;
  style: Style | undefined;
}

const cell = (column: Column<Row>, row: Row, now: number): Cell => {
  const value = column.value(row, now);
  return { text: value == null || value === '' ? '<none>' : harmless(String(value)), style: column.style?.(row) };
};

/** The lines of a table; `prefix` is put before each name. Widths once given are kept, so that rows can be added. */
export function tableLines(
  { out, env, now }: Pick<Terminal, 'out' | 'env' | 'now'>,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { headers, prefix = '', widths = [] }: { headers: boolean; prefix?: string; widths?: number[] },
): string[] {
  const paint = painter(out, env);
  const moment = now();
  const lines: Cell[][] = rows.map((row) => columns.map((column) => cell(column, row, moment)));
  for (const line of lines) line[0]!.text = prefix + line[0]!.text;
  if (headers) lines.unshift(columns.map(({ header }) => ({ text: header, style: undefined })));
  for (const line of lines) line.forEach(({ text }, i) => (widths[i] = Math.max(widths[i] ?? 0, widthOf(text))));
  return lines.map((line) =>
    line
      .map(
        ({ text, style }, i) =>
          paint(text, style) + (i === line.length - 1 ? '' : ' '.repeat(Math.max(0, widths[i]! - widthOf(text)))),
      )
      .join(gap)
      .trimEnd(),
  );
}

/** A table of words that need no kind: the first row are its headers, if it has any. */
export function plainTable(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(harmless));
  const widths = shown[0]?.map((_, i) => Math.max(...shown.map((row) => widthOf(row[i]!)))) ?? [];
  const line = (row: readonly string[]) => row.map((text, i) => pad(text, widths[i]!)).join(gap);
  return shown.map((row) => `${line(row).trimEnd()}\n`).join('');
}

/** The columns that a table of this width has. */
export const columnsOf = (view: KindView, wide: boolean): Column<Row>[] =>
  view.columns.filter((column) => column.wide === undefined || column.wide === wide);

/** Tables, one per kind, with the columns of `-o wide` or without. */
export const tables =
  (wide: boolean) =>
  (terminal: Terminal): Printer => ({
    shape: { wide, full: false },
    print: (found: readonly Found[], { headers, several }) => {
      const parts = found
        .filter(({ rows }) => rows.length > 0)
        .map(({ view, rows }) =>
          tableLines(terminal, columnsOf(view, wide), rows, {
            headers,
            prefix: several ? `${view.kind.field}/` : '',
          }).join('\n'),
        );
      if (parts.length > 0) terminal.out.write(`${parts.join('\n\n')}\n`);
    },
  });
