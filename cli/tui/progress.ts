// What happens to installs, on a terminal: lines that stay, and below them how far each install is.
import { Box, render, Static, Text } from 'ink';
import { createElement as h, type ReactElement } from 'react';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless } from '../terminal/text.ts';
import { type Install, progress, runningOf } from './fleet.ts';

interface Shown {
  readonly lines: readonly string[];
  readonly installs: readonly Install[];
  readonly now: number;
}

const Board = ({ lines, installs, now }: Shown): ReactElement =>
  h(
    Box,
    { flexDirection: 'column' },
    h(Static<string>, { items: [...lines], children: (line: string, n: number) => h(Text, { key: n }, line) }),
    ...installs.map((install) =>
      h(
        Text,
        { key: install.name, wrap: 'truncate' },
        `${harmless(install.name)}  ${progress(runningOf(install, now))}`,
      ),
    ),
  );

/** Begins to draw on standard error; `close` leaves the lines where they are. */
export function openProgress({ err, now }: Terminal) {
  const lines: string[] = [];
  const running = new Map<string, Install>();
  const board = () => h(Board, { lines: [...lines], installs: [...running.values()], now: now() });
  const drawn = render(board(), { stdout: err as NodeJS.WriteStream, exitOnCtrlC: false, patchConsole: false });
  const draw = () => drawn.rerender(board());
  // Time passes also where nothing happens.
  const ticking = setInterval(draw, 1_000);
  return {
    note(line: string) {
      lines.push(harmless(line));
      draw();
    },
    install(install: Install) {
      if (install.outcome === null) running.set(install.name, install);
      else running.delete(install.name);
      draw();
    },
    close() {
      clearInterval(ticking);
      running.clear();
      draw();
      drawn.unmount();
    },
  };
}
