import {z} from 'zod'
import {duration, path, secretUrl, section, setting} from '../kinds.ts'
import {perJob} from './schedule.ts'

const address = /^https?:\/\//

const webhook = section({
  url: setting(secretUrl(address, 'https://alerts.example.com/sparkone'), 'Address that is sent a JSON document.', {secret: true}),
})

const number = {error: 'expected a number, 1 or more'}

/** Who is told how jobs ended that run with `--cron`. */
export const notifications = section({
  slack: setting(
    secretUrl(address, 'https://hooks.slack.com/services/…').optional(),
    'Incoming webhook of Slack that is told of a failure once, and once that it is over.',
    {variables: ['SLACK_ALERT_WEBHOOK'], secret: true},
  ),
  webhooks: setting(
    z.array(webhook, {error: 'expected a list of webhooks'}).prefault([]),
    'Other addresses that are told the same, as JSON.',
  ),
  heartbeat: setting(
    section(
      perJob((job) =>
        setting(
          secretUrl(address, 'https://hc-ping.com/…').optional(),
          `Address that is pinged when ${job} begins and ends, by the protocol of healthchecks.io.`,
          {secret: true},
        ),
      ),
    ).prefault({}),
    'Dead-man switches: whoever is pinged rings when pings stay away.',
  ),
  metrics: setting(
    section({
      textfile: setting(path.optional(), 'Folder that the textfile collector of node-exporter reads.', {path: true}),
      pushgateway: setting(secretUrl(address, 'http://localhost:9091').optional(), 'Base URL of a Pushgateway.', {secret: true}),
    }).prefault({}),
    'Where metrics of the jobs go.',
  ),
  minimumDuration: setting(
    section(perJob((job) => setting(duration.optional(), `A run of ${job} that takes less ends with a warning.`))).prefault({}),
    'Shorter than this, a run can hardly have done its work.',
  ),
  maximumDuration: setting(
    section(perJob((job) => setting(duration.optional(), `A run of ${job} that takes more ends with a warning.`))).prefault({}),
    'Longer than this, a run is on its way to trouble.',
  ),
  skips: setting(z.int(number).min(1, number).prefault(3), 'Runs in a row that may find the lock held before it is told of.'),
})
