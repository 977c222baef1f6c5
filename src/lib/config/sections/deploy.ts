import {z} from 'zod'
import {hooks} from './hooks.ts'
import {duration, oneOf, path, percent, section, setting, text, argv, webAddress} from '../kinds.ts'

const count = z.int({error: 'expected a whole number of at least 1'}).min(1, {error: 'expected a whole number of at least 1'})

const factor = z.number({error: 'expected a number of at least 1'}).min(1, {error: 'expected a number of at least 1'})

const migrations = section({
  service: setting(text.optional(), 'Compose service that brings the schema up to date and ends.', {
    fallback: '`migrate`, where there is one',
  }),
  pending: setting(
    argv.optional(),
    'What to run in it, word by word, to learn what it would do: a line for each migration, with `breaking` behind those that older code cannot work with.',
  ),
  table: setting(
    text.regex(/^[A-Za-z_][\w.]*$/, {error: 'expected the name of a table'}).prefault('schema_migrations'),
    'Table of the migrations that were applied: a row each, with a `name` or `version`, and where there is one, a column `breaking`.',
  ),
  unknown: setting(
    oneOf(['breaking', 'compatible']).prefault('breaking'),
    'What a migration counts as that does not say whether older code can work with it.',
  ),
  limit: setting(duration.prefault('30m'), 'How long migrations may take.'),
})

const gate = section({
  successes: setting(count.prefault(3), 'How many health checks in a row a new container must pass, and the API behind its proxy.'),
  interval: setting(duration.prefault('1s'), 'Pause between them.'),
  limit: setting(duration.prefault('2m'), 'How long it may take to pass.'),
})

const soak = section({
  duration: setting(
    duration.prefault('60s'),
    'How long a new release is watched before it counts as good; in less than 60s errors and p95 cannot be compared.',
  ),
  interval: setting(duration.prefault('1s'), 'How often the API is asked meanwhile.'),
  failures: setting(count.prefault(2), 'How many answers in a row must fail for the release to fail.'),
  errors: setting(percent.prefault(1), 'By how much the share of errors may grow, in percent of all requests.'),
  slowdown: setting(factor.prefault(2), 'By which factor p95 may grow.'),
  acceptable: setting(duration.prefault('500ms'), 'p95 that is fine whatever it was before.'),
  errorsQuery: setting(
    text.prefault('sum(rate(sparkone_requests_total{status=~"5.."}[$window])) / sum(rate(sparkone_requests_total[$window]))'),
    'PromQL for the share of errors, 0 to 1; `$window` is the length of time.',
  ),
  p95Query: setting(
    text.prefault('histogram_quantile(0.95, sum by (le) (rate(sparkone_request_duration_seconds_bucket[$window])))'),
    'PromQL for p95, in seconds.',
  ),
})

const proxy = section({
  kind: setting(
    oneOf(['auto', 'traefik', 'nginx', 'none']).prefault('auto'),
    'Who is asked whether it sends to a container: `auto` finds the proxy among the services, and waits for `deploy.settle` where none can be asked; `none` always does.',
  ),
  service: setting(text.optional(), 'Compose service of the proxy.', {fallback: 'the one of that name or image'}),
  api: setting(webAddress.optional(), 'Where Traefik answers `/api/http/services`, without that path.', {
    fallback: '`api.url`, if that leads to this machine',
  }),
  limit: setting(
    duration.prefault('30s'),
    'How long it may take to send to a new container, or to leave one alone that turned unready; then the release fails.',
  ),
})

/** How `sparkone deploy` and `sparkone rollback` go about it. */
export const deploy = section({
  source: setting(
    oneOf(['images', 'git']).prefault('images'),
    'Where a release comes from: `images` that are pulled, or commits of the `git` repository of the Compose files, which are built here.',
  ),
  services: setting(
    z.array(text, {error: 'expected a list of services'}).optional(),
    'Compose services that a release replaces, in order.',
    {
      fallback: 'the service of the API',
    },
  ),
  variable: setting(
    text.regex(/^[A-Za-z_]\w*$/, {error: 'expected the name of a variable'}).prefault('SPARKONE_VERSION'),
    'Variable that holds the tag of the images in the Compose files.',
  ),
  environmentFile: setting(path.optional(), 'File in which the variable is set.', {path: true, fallback: '`.env` beside the Compose file'}),
  pull: setting(oneOf(['always', 'missing']).prefault('always'), 'Whether an image that is here already is pulled again.'),
  fetchLimit: setting(duration.prefault('5m'), 'How long fetching from the git repository may take.'),
  migrations: setting(migrations.prefault({}), 'The schema.'),
  gate: setting(gate.prefault({}), 'What a new container must show before an old one goes.'),
  proxy: setting(proxy.prefault({}), 'What requests come through.'),
  settle: setting(
    duration.prefault('6s'),
    'How long a proxy that cannot be asked is given to notice a new container, or one that turned unready.',
  ),
  drain: setting(
    argv.optional(),
    'What to run in a container, word by word, that makes its health check fail before it is told to end; for those that do not by themselves.',
  ),
  drainSignal: setting(
    text.regex(/^[A-Z][A-Z0-9]{1,9}$/, {error: 'expected the name of a signal such as URG'}).optional(),
    'The same by a signal, for those that have a handler for it.',
  ),
  soak: setting(soak.prefault({}), 'How a new release is watched.'),
  backupMaxAge: setting(duration.prefault('1h'), 'A proven backup younger than this will do; otherwise one is taken and proven first.'),
  hooks: setting(
    hooks({
      before: 'Program to run before anything is changed, word by word; the deployment ends when it fails.',
      after: 'Program to run when the release is good.',
      failed: 'Program to run when it failed, whether it was put back or not.',
    }).prefault({}),
    'Programs to run around a release; SPARKONE_RELEASE, SPARKONE_VERSION, SPARKONE_PREVIOUS and SPARKONE_OUTCOME tell them which. What they run of sparkone does not wait for the release.',
  ),
})
