import { HoldallError } from '../web/error.ts'
import { type DeclaredSource, readableSecrets } from './declared.ts'
import { type GetSecret, withSecrets } from './secrets.ts'
import type { Storage, StorageContext } from './storage.ts'

export interface MakingContext extends StorageContext {
  /** Of every secret there is; the storage is given those that its source names. */
  readonly getSecret: GetSecret
}

/** The `config` of a source with its secrets in place, as its storage type takes it. @throws HoldallError `unavailable` */
export async function configOf(declared: DeclaredSource, getSecret: GetSecret): Promise<unknown> {
  const { source, type } = declared
  const values = new Map<string, string>()
  for (const name of readableSecrets(source)) {
    const value = await getSecret(name)
    if (value !== undefined) values.set(name, value)
  }
  const config = withSecrets(source.config, (name) => {
    const value = values.get(name)
    if (value === undefined)
      throw new HoldallError('unavailable', {
        reason: `the secret ${name} is not set; holdall secrets set ${name} keeps it`,
      })
    return value
  })
  return type.config.parse(config)
}

/** @throws whatever the storage type does, and HoldallError `unavailable` without a secret that the source names */
export async function makeStorage(declared: DeclaredSource, context: MakingContext): Promise<Storage> {
  const { source, type } = declared
  const { fetch, guard, log, readOnly = false } = context
  const readable = readableSecrets(source)

  async function getSecret(name: string): Promise<string | undefined> {
    if (readable.has(name)) return await context.getSecret(name)
    log.warn('a storage asked for a secret that its source does not name', { source: source.slug, secret: name })
    return undefined
  }

  return await type.create(await configOf(declared, context.getSecret), {
    getSecret,
    fetch,
    log,
    readOnly,
    ...(guard && { guard }),
  })
}
