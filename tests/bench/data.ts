// The data that is measured, and the ways to ask for it.
import pg from 'pg';

/** Adds servers until there are so many, each with four NICs, two disks and a membership. */
export async function fill(database: string, servers: number): Promise<void> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM server');
  const from = Number(rows[0]!.count) + 1;
  if (from === 1) {
    await client.query(`
      INSERT INTO bastion (id, name) VALUES ('00000000-0000-7000-8000-000000000001', 'site');
      INSERT INTO network (id, name, cidr) SELECT gen_random_uuid(), 'net-' || i, ('10.' || i || '.0.0/16')::inet FROM generate_series(0, 9) i;
      INSERT INTO cluster (id, name) SELECT gen_random_uuid(), 'cluster-' || i FROM generate_series(0, 9) i;`);
  }
  await client.query(`
    INSERT INTO server (id, name, boot_mac, bastion_id, arch, cpu_model, cpu_cores, memory_gb, vendor, product, serial)
      SELECT gen_random_uuid(), 'm-' || lpad(i::text, 6, '0'), '38:05:25:00:00:00', '00000000-0000-7000-8000-000000000001',
             'x86_64', 'AMD Ryzen 7', 8, 64, 'ACME', 'MiniServer', 'SN' || i FROM generate_series(${from}, ${servers}) i;
    INSERT INTO server_nic (id, server_id, name, mac, ip, state, network_id)
      SELECT gen_random_uuid(), s.id, 'eth' || k, '38:05:25:00:00:0' || k, '10.1.0.1', 'UP', n.id
        FROM server s CROSS JOIN generate_series(0, 3) k JOIN network n ON n.name = 'net-' || (k + substr(s.name, 3)::int % 6)
       WHERE substr(s.name, 3)::int >= ${from};
    INSERT INTO server_disk (id, server_id, name, size_gb, model, serial)
      SELECT gen_random_uuid(), s.id, 'nvme' || k, 1000, 'WD', 'D' || k FROM server s CROSS JOIN generate_series(0, 1) k
       WHERE substr(s.name, 3)::int >= ${from};
    INSERT INTO cluster_member (id, cluster_id, server_id, role)
      SELECT gen_random_uuid(), c.id, s.id, 'WORKER' FROM server s JOIN cluster c ON c.name = 'cluster-' || (substr(s.name, 3)::int % 10)
       WHERE substr(s.name, 3)::int >= ${from};
    ANALYZE;`);
  await client.end();
}

/** One question, asked of labd, of PostGraphile and by hand. */
export interface Question {
  readonly name: string;
  readonly labd: string;
  readonly postgraphile: string;
  readonly sql: string;
}

export const nested: Question = {
  name: 'nested query, 100 servers',
  labd: `{ servers(first: 100) { nodes { id name status
    nics { nodes { name mac ip network { name cidr } } } disks { nodes { name sizeGb } } memberships { nodes { role cluster { name } } } } } }`,
  postgraphile: `{ allServers(first: 100, orderBy: NAME_ASC) { nodes { id name status
    serverNicsByServerId { nodes { name mac ip networkByNetworkId { name cidr } } } serverDisksByServerId { nodes { name sizeGb } }
    clusterMembersByServerId { nodes { role clusterByClusterId { name } } } } } }`,
  sql: `SELECT json_agg(row_to_json(x)) FROM (SELECT s.id, s.name, s.status,
    (SELECT json_agg(json_build_object('name', n.name, 'mac', n.mac, 'ip', n.ip, 'network', json_build_object('name', w.name, 'cidr', w.cidr)) ORDER BY n.name)
       FROM server_nic n LEFT JOIN network w ON w.id = n.network_id WHERE n.server_id = s.id) AS nics,
    (SELECT json_agg(json_build_object('name', d.name, 'sizeGb', d.size_gb) ORDER BY d.name) FROM server_disk d WHERE d.server_id = s.id) AS disks,
    (SELECT json_agg(json_build_object('role', m.role, 'cluster', json_build_object('name', c.name)))
       FROM cluster_member m LEFT JOIN cluster c ON c.id = m.cluster_id WHERE m.server_id = s.id) AS memberships
    FROM server s ORDER BY s.name LIMIT 100) x`,
};

export const flat: Question = {
  name: 'flat list, 20 servers',
  labd: '{ servers(first: 20) { nodes { id name status arch cpuCores memoryGb } } }',
  postgraphile: '{ allServers(first: 20, orderBy: NAME_ASC) { nodes { id name status arch cpuCores memoryGb } } }',
  sql: 'SELECT id, name, status, arch, cpu_cores, memory_gb FROM server ORDER BY name LIMIT 20',
};
