/**
 * What the author of a plugin needs. A plugin is a module whose default export is a function from options to what it
 * adds; `plugins` in the configuration names the module, by its path beside that file or by its package.
 *
 * @example
 * // memory.ts, with `plugins: { ./memory.ts: {} }` and a source of `storage: memory` in holdall.yaml
 * import { HoldallError, type PluginFactory, type StorageType } from 'holdall/plugin'
 * import { z } from 'zod'
 *
 * const memoryType: StorageType<{ greeting: string }> = {
 *   type: 'memory',
 *   config: z.strictObject({ greeting: z.string() }),
 *   async create({ greeting }) {
 *     const body = new TextEncoder().encode(greeting)
 *     const hello = { path: 'hello.txt', size: body.byteLength }
 *     return {
 *       stat: async (path) => (path === hello.path ? hello : undefined),
 *       async read(path) {
 *         if (path !== hello.path) throw new HoldallError('file_missing')
 *         return new Blob([body]).stream()
 *       },
 *       list: async () => ({ files: [hello], next: null }),
 *     }
 *   },
 * }
 *
 * const memory: PluginFactory = () => ({ storages: [memoryType] })
 * export default memory
 */
export { disposition as contentDisposition } from './files/serving/disposition.ts'
export type { Plugin, PluginFactory } from './plugins/plugin.ts'
export type { Adopting, AdoptingOptions, Objection } from './sources/adopting.ts'
export type { Finding, Remedy, Step, StorageDoctor, Trouble } from './sources/examination.ts'
export type {
  ListPartsOptions,
  Multipart,
  MultipartLimits,
  MultipartUpload,
  NewMultipart,
  PartChecksum,
  PartPlan,
  PartsPage,
  PartTarget,
  StoredPart,
  UploadsPage,
} from './sources/multipart.ts'
export {
  type ByteRange,
  type CallOptions,
  DEFAULT_LIST_LIMIT,
  type DownloadUrlOptions,
  type ListedPage,
  type ListOptions,
  MAX_LIST_LIMIT,
  type ReadOptions,
  type Storage,
  type StorageContext,
  type StorageType,
  type StoredFile,
  type UploadInstructions,
  type UploadUrlOptions,
  type WriteOptions,
  type WrittenFile,
} from './sources/storage.ts'
export { HoldallError } from './web/error.ts'
export type { Log } from './web/log.ts'
export { webStream } from './web/outgoing/stream.ts'
