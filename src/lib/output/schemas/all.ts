import type {z} from 'zod'
import {backupCleanupDocument} from './backup-cleanup.ts'
import {backupDocument} from './backup.ts'
import {certCheckDocument} from './cert-check.ts'
import {completionDocument} from './completion.ts'
import {configDocument} from './config.ts'
import {cronInstallDocument, cronListDocument, cronPrintDocument, cronRemoveDocument, cronRunDocument} from './cron.ts'
import {demoDocument} from './demo.ts'
import {doctorDocument} from './doctor.ts'
import {failureSchema} from './document.ts'
import {drillDocument} from './drill.ts'
import {encryptionChallengeDocument, encryptionConfirmDocument} from './encryption.ts'
import {healthDocument} from './health.ts'
import {initDocument} from './init.ts'
import {logsDocument} from './logs.ts'
import {backupAcceptDocument, backupKeepDocument} from './mark-backup.ts'
import {pruneDocument} from './prune.ts'
import {deployDocument, deployResumeDocument, releasesDocument, rollbackDocument} from './release.ts'
import {restoreDocument} from './restore.ts'
import {rotateLogsDocument} from './rotate-logs.ts'
import {runbookForDocument, runbookListDocument, runbookShowDocument} from './runbook.ts'
import {secretsCheckDocument} from './secrets-check.ts'
import {syncDocument} from './sync.ts'
import {verifyDocument} from './verify.ts'

/** The schema of each command's document by its verb; `failure` is what all of them, and no command at all, have in common. */
export const documentSchemas: Readonly<Record<string, z.ZodType>> = {
  backup: backupDocument,
  'backup-accept': backupAcceptDocument,
  'backup-cleanup': backupCleanupDocument,
  'backup-keep': backupKeepDocument,
  'cert-check': certCheckDocument,
  completion: completionDocument,
  config: configDocument,
  'cron-install': cronInstallDocument,
  'cron-list': cronListDocument,
  'cron-print': cronPrintDocument,
  'cron-remove': cronRemoveDocument,
  'cron-run': cronRunDocument,
  demo: demoDocument,
  deploy: deployDocument,
  'deploy-resume': deployResumeDocument,
  doctor: doctorDocument,
  drill: drillDocument,
  'encryption-challenge': encryptionChallengeDocument,
  'encryption-confirm': encryptionConfirmDocument,
  failure: failureSchema,
  health: healthDocument,
  init: initDocument,
  prune: pruneDocument,
  releases: releasesDocument,
  restore: restoreDocument,
  rollback: rollbackDocument,
  logs: logsDocument,
  'rotate-logs': rotateLogsDocument,
  'runbook-for': runbookForDocument,
  'runbook-list': runbookListDocument,
  'runbook-show': runbookShowDocument,
  'secrets-check': secretsCheckDocument,
  sync: syncDocument,
  verify: verifyDocument,
}
