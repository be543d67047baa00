// The fleet at a glance on a terminal: counts, installs, bastions, servers to choose among, events. Arrow keys choose a
// server, Enter looks into it, Escape goes back, q ends.
import { Box, render, Text, useApp, useInput, useStdout } from 'ink';
import {
  createContext,
  createElement as h,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useState,
} from 'react';
import type { Terminal } from '../terminal/terminal.ts';
import type { Style } from '../terminal/text.ts';
import { type Fleet, progress, type ServerLine } from './fleet.ts';

/** Where what is shown comes from. */
export interface Source {
  /** What stands at the top: which labd */
  readonly title: string;
  readonly fleet: () => Promise<Fleet>;
  /** The description of a server, line by line */
  readonly describe: (server: ServerLine) => Promise<readonly string[]>;
  /** Milliseconds between looks */
  readonly every: number;
}

/** Events that are shown. */
const EVENTS = 5;

/** Whether colours are wanted. */
const Colours = createContext(true);

/** What ink calls styles; none at all where colours are not wanted, as in the rest of lab. */
function useStyles(): (style: Style | undefined) => object {
  const colours = useContext(Colours);
  return (style) => {
    if (style === undefined || !colours) return {};
    if (style === 'bold') return { bold: true };
    return style === 'dim' ? { dimColor: true } : { color: style };
  };
}

function Line({ text, style }: { text: string; style?: Style | undefined }): ReactElement {
  return h(Text, { wrap: 'truncate', ...useStyles()(style) }, text === '' ? ' ' : text);
}

const line = (text: string, style?: Style, key?: string): ReactElement =>
  h(Line, { text, style, ...(key === undefined ? {} : { key }) });

const part = (title: string, ...rows: ReactNode[]): ReactElement =>
  h(Box, { flexDirection: 'column', key: title, marginTop: 1 }, line(title, 'bold'), ...rows);

function Counts({ counts }: Pick<Fleet, 'counts'>): ReactElement {
  const styled = useStyles();
  const cells = counts.map(({ status, servers, style }) =>
    h(Text, { key: status, ...styled(servers > 0 ? style : 'dim') }, `${status} ${servers}   `),
  );
  return h(Box, { key: 'counts' }, ...cells);
}

/** As much of a list as there is room for, around what is chosen. */
function around<T>(all: readonly T[], chosen: number, room: number): { rows: readonly T[]; from: number } {
  const from = Math.max(0, Math.min(chosen - (room >> 1), all.length - room));
  return { rows: all.slice(from, from + room), from };
}

const serverText = ({ name, status, role, ip, bastion, changed }: ServerLine): string =>
  `${name.padEnd(24)} ${status.padEnd(13)} ${role.padEnd(14)} ${ip.padEnd(16)} ${bastion.padEnd(12)} ${changed}`;

function Overview({ fleet, chosen, height }: { fleet: Fleet; chosen: number; height: number }): ReactElement {
  const { counts, bastions, running, servers, events } = fleet;
  const [colours, styled] = [useContext(Colours), useStyles()];
  const shownEvents = events.slice(0, EVENTS);
  const taken = 9 + Math.max(1, running.length) + Math.max(1, bastions.length) + shownEvents.length;
  const { rows, from } = around(servers, chosen, Math.max(3, height - taken - 3));
  return h(
    Box,
    { flexDirection: 'column' },
    h(Counts, { counts }),
    part(
      'INSTALLS',
      running.length === 0
        ? line('none', 'dim')
        : running.map((one) => line(`${one.server.padEnd(24)} ${progress(one)}`, 'yellow', one.server)),
    ),
    part(
      'BASTIONS',
      bastions.length === 0
        ? line('none', 'dim')
        : bastions.map(({ name, online, seen }) =>
            line(
              `${name.padEnd(24)} ${online ? 'online' : seen ? `offline for ${seen}` : 'never seen'}`,
              online ? 'green' : 'red',
              name,
            ),
          ),
    ),
    part(
      `SERVERS${from + rows.length < servers.length || from > 0 ? ` (${from + 1} to ${from + rows.length} of ${servers.length} changed last)` : ''}`,
      rows.map((server, n) =>
        h(
          Text,
          {
            key: server.id,
            wrap: 'truncate',
            inverse: from + n === chosen && colours,
            ...styled(server.style),
          },
          `${from + n === chosen ? '>' : ' '} ${serverText(server)}`,
        ),
      ),
    ),
    part(
      'EVENTS',
      shownEvents.length === 0
        ? line('none', 'dim')
        : shownEvents.map(({ key, ago, actor, what }) =>
            line(`${ago.padStart(5)}  ${actor.padEnd(20)} ${what}`, undefined, key),
          ),
    ),
  );
}

function Detail({ lines, top, height }: { lines: readonly string[]; top: number; height: number }): ReactElement {
  return h(
    Box,
    { flexDirection: 'column' },
    lines.slice(top, top + Math.max(3, height - 3)).map((text, n) => line(text, undefined, String(top + n))),
  );
}

/** Looks again and again; what went wrong is told, and what was seen last stays. */
function useFleet({ fleet, every }: Source): { seen: Fleet | undefined; trouble: string | undefined } {
  const [seen, setSeen] = useState<Fleet>();
  const [trouble, setTrouble] = useState<string>();
  useEffect(() => {
    let over = false;
    let next: NodeJS.Timeout | undefined;
    const look = async () => {
      try {
        const found = await fleet();
        if (over) return;
        setSeen(found);
        setTrouble(undefined);
      } catch (error) {
        if (!over) setTrouble((error as Error).message.split('\n')[0]);
      }
      if (!over) next = setTimeout(() => void look(), every);
    };
    void look();
    return () => {
      over = true;
      clearTimeout(next);
    };
  }, [fleet, every]);
  return { seen, trouble };
}

function Top({ source }: { source: Source }): ReactElement {
  const { exit } = useApp();
  const { stdout } = useStdout();
  const { seen, trouble } = useFleet(source);
  // Keys may come faster than it is drawn: the place is known to them before that.
  const place = useRef(0);
  const [chosen, setChosen] = useState(0);
  const [detail, setDetail] = useState<readonly string[]>();
  const [top, setTop] = useState(0);
  const height = stdout.rows || 24;
  const servers = seen?.servers ?? [];
  const within = (row: number) => Math.max(0, Math.min(row, servers.length - 1));
  const move = (by: number) => {
    if (detail) return setTop((row) => Math.max(0, Math.min(row + by, detail.length - 3)));
    place.current = within(within(place.current) + by);
    setChosen(place.current);
  };
  const look = (server: ServerLine | undefined) => {
    if (detail || !server) return;
    setTop(0);
    source.describe(server).then(setDetail, (error: Error) => setDetail([error.message]));
  };
  useInput((input, key) => {
    if (input === 'q') exit();
    else if (key.upArrow || input === 'k') move(-1);
    else if (key.downArrow || input === 'j') move(1);
    else if (key.pageUp) move(-10);
    else if (key.pageDown) move(10);
    else if (key.escape || key.leftArrow) setDetail(undefined);
    else if (key.return || key.rightArrow) look(servers[within(place.current)]);
  });
  const keys = detail ? 'up/down: scroll   esc: back   q: quit' : 'up/down: choose   enter: look into   q: quit';
  return h(
    Box,
    { flexDirection: 'column' },
    line(`lab top   ${source.title}`, 'bold'),
    detail
      ? h(Detail, { lines: detail, top, height })
      : seen
        ? h(Overview, { fleet: seen, chosen: within(chosen), height })
        : line('asking labd …', 'dim'),
    h(Box, { marginTop: 1 }, line(trouble ? `labd is away: ${trouble}` : keys, trouble ? 'red' : 'dim')),
  );
}

/** Shows it until somebody quits. */
export async function showTop(source: Source, terminal: Terminal): Promise<void> {
  const [stdin, stdout] = [terminal.in as NodeJS.ReadStream, terminal.out as NodeJS.WriteStream];
  const screen = h(Colours.Provider, { value: !terminal.env['NO_COLOR'] }, h(Top, { source }));
  await render(screen, { stdin, stdout, exitOnCtrlC: true }).waitUntilExit();
}
