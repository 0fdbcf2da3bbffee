import type { PluginFactory } from 'holdall/plugin'
import { z } from 'zod'
import { s3Type } from './storage.ts'

const noOptions = z.strictObject({})

/**
 * The storage `s3`: a bucket of Amazon's, or of a service that speaks like it.
 *
 * @example
 * // in holdall.yaml
 * sources:
 *   photographs: { storage: s3, config: { bucket: my-photos, prefix: uploads/, region: us-west-2 } }
 */
const s3: PluginFactory = (options) => {
  noOptions.parse(options)
  return { storages: [s3Type()] }
}

export default s3
