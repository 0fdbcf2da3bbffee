import { datasetFolder } from '../../sources/paths.ts'

/** What all that is said about an upload's object begins with: `part-{ulid}.parquet`. */
export function partName(fileId: string): string {
  return `part-${fileId.slice('df-'.length)}.parquet`
}

/** Where the data of a version lies; a catalog reads all of it. */
export function dataPath(organization: string, dataset: string, version: number, name: string): string {
  return `${datasetFolder(organization, dataset)}v${version}/data/${name}`
}

/** Where what is to be added lies until it was looked through: no query and no catalog reads there. */
export function waitingPath(organization: string, dataset: string, uploadId: string, name: string): string {
  return `${datasetFolder(organization, dataset)}uploads/${uploadId}/${name}`
}
