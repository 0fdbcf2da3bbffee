import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type InternalDatabase, openInternalDatabase } from '../database/internal.ts'
import { createKeptSecrets } from '../secrets/kept.ts'
import { createSecrets, type Secrets } from '../secrets/named.ts'
import { resolveServerSecret } from '../secrets/server-secret.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The secrets that a server with this data has, for a command that runs beside it. */
export async function secretsOf(
  db: InternalDatabase,
  dataDirectory: string,
  env: Environment,
): Promise<Secrets['getSecret']> {
  return createSecrets(env, createKeptSecrets(db, await resolveServerSecret({ env, dataDirectory }))).getSecret
}

/** The same where there may be no data yet: then there are those of the environment, and no database. */
export async function withSecrets<Result>(
  { data, internal }: { readonly data: string; readonly internal: string | undefined },
  env: Environment,
  work: (getSecret: Secrets['getSecret'], db?: InternalDatabase) => Promise<Result>,
): Promise<Result> {
  const path = resolve(internal ?? join(data, 'internal.db'))
  if (!existsSync(path)) return await work(createSecrets(env).getSecret)
  const db = await openInternalDatabase(path)
  try {
    return await work(await secretsOf(db, data, env), db)
  } finally {
    await db.close()
  }
}
