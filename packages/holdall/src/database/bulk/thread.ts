import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { statementsOf } from '../statements.ts'

export interface Settings {
  readonly path: string
  /** Run at its beginning, as each is of its connection only. */
  readonly pragmas: readonly string[]
  /** Whether it writes. */
  readonly isWriting: boolean
}

export interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

export interface Done {
  readonly rows: readonly unknown[]
  /** Of a statement without rows. */
  readonly changes?: number | bigint
}

export type Answer = Done | { readonly failed: string; readonly errcode: number | undefined }

const { path, pragmas, isWriting } = workerData as Settings
const connection = new DatabaseSync(path)
for (const pragma of pragmas) connection.exec(`PRAGMA ${pragma}`)
const prepare = statementsOf(connection)

parentPort?.on('message', (statement: Statement | null) => {
  if (statement === null) end()
  else parentPort?.postMessage(carryOut(statement))
})

function carryOut({ sql, parameters }: Statement): Answer {
  try {
    const statement = prepare(sql)
    if (statement.reader) return { rows: statement.all(parameters) }
    return { rows: [], changes: statement.run(parameters).changes }
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number }
    return { failed: message, errcode }
  }
}

/**
 * The next one who commits would have to bring into the database what was written here, on the event loop. On a full disk
 * it stays in the log, where it lasts as well.
 */
function end(): void {
  try {
    if (isWriting) connection.exec('PRAGMA wal_checkpoint(PASSIVE)')
  } catch {
  } finally {
    connection.close()
    parentPort?.close()
  }
}
