// The fleet at a glance in plain lines, once: for pipes, files and terminals that cannot draw.
import { plainTable } from '../print/table.ts';
import { type Fleet, progress } from './fleet.ts';

/** The same as on a terminal, section by section. */
export function plainFleet({ counts, bastions, running, servers, events }: Fleet): string {
  const section = (title: string, rows: readonly (readonly string[])[]): string =>
    `${title}\n${rows.length === 0 ? 'none\n' : plainTable(rows)}`;
  return [
    section('SERVERS BY STATUS', [
      counts.map(({ status }) => status.toUpperCase()),
      counts.map(({ servers: count }) => String(count)),
    ]),
    section(
      'BASTIONS',
      bastions.map(({ name, online, seen }) => [name, online ? 'online' : seen ? `offline for ${seen}` : 'never seen']),
    ),
    section(
      'INSTALLS',
      running.map((one) => [one.server, one.os, progress(one)]),
    ),
    section(
      'LAST CHANGED',
      servers.map(({ name, status, role, ip, bastion, changed }) => [
        name,
        status,
        role,
        ip,
        bastion,
        `${changed} ago`,
      ]),
    ),
    section(
      'EVENTS',
      events.map(({ ago, actor, what }) => [`${ago} ago`, actor, what]),
    ),
  ].join('\n');
}
