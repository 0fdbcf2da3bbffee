import type { UploadSession } from '../../uploads/session.ts'
import type { Actor } from '../../web/route.ts'
import type { Conversion } from '../convert/delimited.ts'
import { PARQUET_TYPE } from './limits.ts'
import { datasetOf, madeOf } from './made.ts'

/** What the storage says of an upload that waits for its parts. */
export interface Standing {
  readonly bytesReceived: number
  readonly checksum: 'crc32c' | 'md5' | null
}

/** A session as everybody who follows it sees it. */
export function sessionJson(session: UploadSession, { bytesReceived, checksum }: Standing, actor: Actor | null) {
  const made = madeOf(session)
  return {
    orgid: session.organizationId,
    collection_id: session.collectionId,
    upload_id: session.id,
    status: session.status,
    completion_status: session.completionStatus,
    s3_key: made.s3_key,
    s3_bucket: made.s3_bucket,
    filename: session.filename,
    part_count: session.plan?.partCount ?? 1,
    part_size: session.plan?.partSize ?? 0,
    total_size: session.plan?.size ?? session.declaredSize ?? 0,
    created_at: session.createdAt,
    updated_at: session.updatedAt,
    completed_at: session.completedAt,
    parquet_schema_preview: made.parquet_schema_preview ?? null,
    schema_inferred_at: made.schema_inferred_at ?? null,
    dataset_id: datasetOf(session),
    mode: made.join?.mode ?? 'create',
    batch_id: made.join?.batch ?? null,
    differences: made.differences ?? null,
    waits_for: session.completionStatus === 'inferred' ? (made.waits_for ?? null) : null,
    table_name: made.table_name ?? null,
    format: made.convert?.from ?? 'parquet',
    conversion: made.conversion === undefined ? null : conversionJson(made.conversion),
    sheet: made.convert?.sheet ?? null,
    sheets: made.sheets ?? null,
    glue_table_name: made.glue_table_name ?? null,
    glue_database_name: made.glue_database_name ?? null,
    completion_steps_log: session.steps,
    failure_reason: session.failure ?? null,
    error: session.failure?.exc_str ?? null,
    final_etag: made.final_etag ?? null,
    content_type: session.declaredType ?? PARQUET_TYPE,
    retryable: session.retryable,
    bytes_received: bytesReceived,
    checksum,
    expires_at: new Date(session.ttl * 1_000).toISOString(),
    is_own: actor !== null && session.actorId === actor.id,
  }
}

function conversionJson({ encoding, delimiter, hasHeader, sheet, warnings }: Conversion) {
  return {
    encoding: encoding ?? null,
    delimiter: delimiter ?? null,
    has_header: hasHeader ?? null,
    sheet: sheet ?? null,
    warnings,
  }
}
