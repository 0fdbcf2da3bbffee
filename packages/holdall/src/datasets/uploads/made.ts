import type { UploadSession } from '../../uploads/session.ts'
import type { Made } from '../../uploads/session-store.ts'
import type { SchemaPreview } from './preview.ts'

/** What a session knows beside what all uploads know: from the beginning, and from the steps that have ended. */
export interface DatasetMade {
  /** Where the storage has it, in its own words; the slug of the source and the path where it has none. */
  readonly s3_bucket: string
  readonly s3_key: string
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

export function madeOf({ made }: UploadSession): DatasetMade {
  return made as unknown as DatasetMade
}

export function toMade(made: Partial<DatasetMade>): Made {
  return { ...made }
}
