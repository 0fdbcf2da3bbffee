import { join } from 'node:path'
import { createPermissions } from '../../access/decide.ts'
import { loadConfig } from '../../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../../database/internal.ts'
import { createRegistry } from '../../files/registry.ts'
import { createLog } from '../../web/log.ts'
import { createDatabases } from '../databases.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import { createReaderPool } from '../reader/pool.ts'
import { createWriters } from '../write/writers.ts'
import { createCarryOut } from './carry-out.ts'
import { createJournal, type Journal } from './journal.ts'
import { createPlans, type Plans } from './plans.ts'
import type { Pair, Run } from './run.ts'

export interface TestAttach {
  readonly database: InternalDatabase
  readonly journal: Journal
  readonly plans: Plans
  /** Writes pairs to the column `photos` of `objects`, as the plan `run` or as a run of its own. */
  apply(pairs: readonly Pair[], run: string | null): Promise<Run>
  undo(run: string): Promise<Run>
  settle(): Promise<void>
  close(): Promise<void>
}

/** Of a statement: one second, as servers have it, a busy machine may stand still. */
const TIME_LIMIT_MS = 20_000
const RULE: FileColumn = { multiple: true, accept: [], declared: true }

/** Attaching to `data.db` of a folder, with real databases and a real writer, in a process of its own or beside others. */
export async function openTestAttach(folder: string, before?: (call: string) => void): Promise<TestAttach> {
  const overrides = { permissions: { 'files-browse': true } }
  const { config } = loadConfig({ env: {}, cwd: folder, databases: ['data.db'], overrides })
  const database = await openInternalDatabase(join(folder, 'internal.db'))
  const options = { database, ...(before && { before }) }
  const journal = createJournal(options)
  const plans = createPlans(options)
  const pool = createReaderPool({ timeLimit: TIME_LIMIT_MS })
  const databases = createDatabases({ databases: Object.values(config.databases), pool })
  const writers = createWriters()
  const carryOut = createCarryOut({
    journal,
    databases,
    writers,
    files: createRegistry(database, createPermissions(database, { rules: config.rules })),
    log: createLog((line) => {
      process.stderr.write(line)
    }),
    ...(before && { before }),
  })
  const wanted = { database: databases.get('data'), table: 'objects', column: 'photos', rule: RULE, actor: null }
  return {
    database,
    journal,
    plans,
    async apply(pairs, run) {
      const seen = run === null ? undefined : await journal.find(run)
      const plan = seen === undefined ? null : (await plans.pairsToWrite(seen)).plan
      return carryOut.apply({ ...wanted, pairs, plan })
    },
    undo: (run) => carryOut.undo(run, null),
    settle: () => carryOut.settleAll(),
    async close() {
      await Promise.all([pool.close(), writers.close()])
      await database.close()
    },
  }
}
