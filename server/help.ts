// What labd --help prints.
import { limitHelp } from './limits/settings.ts';
import { LOG_LEVELS } from './observe/log.ts';

export const HELP = `labd keeps the lab's inventory and serves it as a graph.

  labd [--host ADDRESS] [--port N] [--tls-port N] [--data DIRECTORY]
  labd restore [--list] [SNAPSHOT] [--data DIRECTORY]
                     goes back to a snapshot of the embedded database, the newest one when none is named; labd must not run
  labd rotate-authority [--overlap 90d] [--data DIRECTORY]

  --host ADDRESS     where TLS is served (LABD_HOST; 127.0.0.1)
  --port N           the port of plain HTTP, on loopback only: GraphQL, GraphiQL, /healthz, /readyz, /metrics (LABD_PORT; 4000)
  --tls-port N       the port of the same over TLS, for people and bastions elsewhere (LABD_TLS_PORT; 4443)
  --data DIRECTORY   where the embedded database lies (LABD_DATA; $XDG_DATA_HOME/lab/labd)
  --new-admin-token  make another token for the user admin, because the first is lost
  --version, --help

  rotate-authority   replaces labd's authority: the old key signs the new one, and both are good for --overlap; bastions,
                     contexts of lab and join tokens follow, and running labd take the new one by themselves (an embedded
                     database has one labd: stop that first). 0 makes the old one worthless at once, as when it was stolen

  DATABASE_URL           PostgreSQL or CockroachDB, in place of the embedded database
  LABD_KEY, LABD_KEY_FILE
                         the key that secrets are encrypted with, or a file that holds it, the same for every labd on a
                         database; made with: openssl rand -base64 32. Of several, one a line, the first encrypts
  LABD_METRICS_PORT      a port for /metrics alone, on --host, without a credential; else it takes read on everything
  LABD_ADMIN_TOKEN       the file that the first administrator's token is left in (admin-token in the data directory)
  LABD_ALLOWED_HOSTS     more host names that labd goes by, separated by commas
  LABD_PHASE_TIME        how long an install may be silent, such as 45m (20m); it fails then
  LABD_INSTALL_TIME      how long an install may take in all (2h)
  LABD_CERTIFICATE_TTL   how long certificates of bastions are good, such as 12h (7d); they renew them by themselves
  LABD_ALLOWED_ORIGINS   origins whose pages may call labd, such as https://ui.example, separated by commas
  LABD_TRUSTED_PROXIES   addresses of proxies that end TLS before labd, such as 127.0.0.1,10.0.0.0/8: their X-Forwarded-For and
                         X-Forwarded-Proto count
  LABD_TRUSTED_PROXIES   addresses of proxies that end TLS before labd, such as 127.0.0.1,10.0.0.0/8: their X-Forwarded-For and
                         X-Forwarded-Proto count
  LABD_KEEP_AUDIT, LABD_KEEP_HISTORY, LABD_KEEP_WATCH
                         for how long changes are kept for each, such as 400d or 12h (forever); they go when all three allow it
  LABD_OIDC_ISSUER, LABD_OIDC_CLIENT_ID
                         an OpenID Connect provider that vouches for people, and what labd is called there (a public client)
  LABD_OIDC_NAME_CLAIM   the claim that a user's name is taken from (preferred_username)
  LOG_LEVEL              ${LOG_LEVELS.join(', ')} (info)
${limitHelp}`;
