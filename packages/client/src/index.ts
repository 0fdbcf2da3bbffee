/**
 * Uploads files to a Holdall server, from browsers and from Node.
 *
 * @example
 * import { upload } from '@holdall/client'
 * const stored = await upload(file, { baseUrl: 'https://files.example.org/', source: 'photos' }, { onProgress: console.log })
 * stored.file_id // 'df-01jq…'
 */
export {
  cancelParquet,
  confirmParquet,
  datasetsNamed,
  followParquet,
  parquetUploads,
  readSheet,
  retryParquet,
  startParquet,
  uploadParquet,
} from './lib/dataset.ts'
export { UploadError, type UploadErrorCode } from './lib/error.ts'
export { RequestError, requestJson } from './lib/request.ts'
export { alreadyThere, type ThereOptions } from './lib/there.ts'
export { startUpload, type Transfer, type TransferState } from './lib/transfer.ts'
export type {
  ColumnDifferences,
  DatasetStatus,
  DatasetTarget,
  DatasetUpload,
  DatasetUploadOptions,
  IntoDataset,
  NamedDataset,
  RegisteredDataset,
  SchemaPreview,
  ServerTarget,
  StoredFile,
  UnfinishedUpload,
  UploadOptions,
  UploadProgress,
  UploadSource,
  UploadTarget,
} from './lib/types.ts'
export { discard, ONE_REQUEST, unfinished, upload } from './lib/upload.ts'
