import type { S3Config } from './config.ts'

/** What requests are signed with. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  /** When they end; never, without it. */
  readonly expiration?: Date
}

/** The credentials now; renewed before they end. */
export type GetCredentials = () => Promise<Credentials>

/** The keys of the configuration, if it has any. */
export function fixedCredentials(config: S3Config): GetCredentials | undefined {
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: sessionToken } = config
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) }
  return async () => credentials
}
