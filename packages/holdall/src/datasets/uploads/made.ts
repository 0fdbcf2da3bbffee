import type { UploadSession } from '../../uploads/session.ts'
import type { Made } from '../../uploads/session-store.ts'
import type { Conversion } from '../convert/delimited.ts'
import type { ConvertibleKind } from '../convert/kinds.ts'
import type { Sheet } from '../convert/refusal.ts'
import { datasetIdOf } from '../identity.ts'
import type { JoinMode } from '../joining/batches.ts'
import type { ShownDifferences } from '../joining/shown.ts'
import type { SchemaPreview } from './preview.ts'

/** What a session knows beside what all uploads know: from the beginning, and from the steps that have ended. */
export interface DatasetMade {
  /** Where the storage has it, in its own words; the slug of the source and the path where it has none. */
  readonly s3_bucket: string
  readonly s3_key: string
  /** Where it is no Parquet file: what it is, and where the Parquet goes that is made of it. */
  readonly convert?: { readonly from: ConvertibleKind; readonly path: string; readonly sheet?: string }
  /** Of an Excel file that was looked at: its sheets, also when nothing came of it. */
  readonly sheets?: readonly Sheet[]
  /** What was found out when it was made into Parquet; of very many warnings the first. */
  readonly conversion?: Conversion
  /** Where it is to become part of a dataset that is there; without it, it becomes one. */
  readonly join?: { readonly mode: JoinMode; readonly dataset: string; readonly batch: string }
  /** How its columns differ from those of the dataset; as many of them as there is room for. */
  readonly differences?: ShownDifferences | null
  readonly waits_for?: 'files' | 'confirmation' | null
  readonly final_etag?: string | null
  /** Of the object whose schema was inferred. */
  readonly object_version?: string
  readonly parquet_schema_preview?: SchemaPreview
  /** ISO 8601. */
  readonly schema_inferred_at?: string
  /** The name to use in SQL. */
  readonly table_name?: string
  readonly glue_table_name?: string | null
  readonly glue_database_name?: string | null
}

export function madeOf({ made }: Pick<UploadSession, 'made'>): DatasetMade {
  return made as unknown as DatasetMade
}

/** The dataset that an upload becomes, or becomes part of. */
export function datasetOf(session: UploadSession): string {
  return madeOf(session).join?.dataset ?? datasetIdOf(session.id)
}

/** Where its Parquet lies: what was sent, or what was made of it. */
export function dataPathOf(session: UploadSession): string {
  return madeOf(session).convert?.path ?? session.path
}

export function toMade(made: Partial<DatasetMade>): Made {
  return { ...made }
}
