/**
 * What is uploaded: a browser's `File`, or in Node what `openFile` of `@holdall/client/node` gives. Anything with a name
 * and a size that can be streamed from its beginning more than once will do; without `slice` and `read` it goes as one body.
 */
export interface UploadSource {
  readonly name: string
  /** bytes */
  readonly size: number
  readonly type?: string
  stream(): ReadableStream<Uint8Array>
  slice?(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> }
  /** Fills `into` with the bytes from `position` on; says how many there were. Preferred to `slice`: it copies nothing. */
  read?(position: number, into: Uint8Array): Promise<number>
  /** Whether it is no longer what it was when it was opened. A `File` needs none: reading it fails then. */
  changed?(): Promise<boolean>
}

export interface ServerTarget {
  /** Where the server is: `https://host/`, with its `base_url`; in browsers a path will do. Default `/`. */
  readonly baseUrl?: string
  /** A token. Browsers send their cookie and need none. */
  readonly token?: string
  /** The header that carries the token; without it `Authorization: Bearer`. */
  readonly tokenHeader?: string
}

export interface UploadTarget extends ServerTarget {
  /** The slug of the source that shall hold the file. */
  readonly source: string
  /** The source's storage takes bytes itself: small files go straight to it as well, with a request before and one after. */
  readonly direct?: boolean
}

export interface DatasetTarget extends ServerTarget {
  /** A UUID. */
  readonly organization: string
  /** The id of the collection that shall hold the dataset. */
  readonly collection: string
  /** Of an Excel file: the sheet to read; without it the first that is shown and not empty. */
  readonly sheet?: string
  /** A dataset of the collection that the file becomes part of; without it, it becomes one of its own. */
  readonly into?: IntoDataset
}

export interface IntoDataset {
  /** Its id. */
  readonly dataset: string
  /** Its rows come after those that are there, or instead of them, as a new version. */
  readonly mode: 'append' | 'replace'
  /** Files that become part of it together or not at all: a name that nobody else uses, and how many there are. */
  readonly batch?: { readonly id: string; readonly files: number }
  /** Add it also where its columns differ from those of the dataset. */
  readonly confirm?: boolean
}

export interface DatasetUploadOptions extends UploadOptions {
  /** Told each state of the server's steps once all is sent: combining, converting, inferring, registering, registered. */
  readonly onStatus?: (status: DatasetStatus) => void
  /** Milliseconds for which the steps are followed; the server goes on without us. @default no end */
  readonly followTimeout?: number
  /**
   * Told once that the columns of the file differ from those of its dataset, so that it waits until somebody confirms it
   * (`confirmParquet`), and followed further. Without it, waiting is a failure: `confirmation_needed`.
   */
  readonly onConfirmation?: (status: DatasetStatus) => void
  /**
   * Told when the server does not answer while its steps are followed, with the time since when (milliseconds since
   * 1970), and null once it answers again; it is asked for as long as that takes. Without it, some minutes of silence are a
   * failure: `outcome_unknown`.
   */
  readonly onSilence?: (since: number | null) => void
  /**
   * Follow an upload of this very file by the same person that the server is at, or has finished within the last hour,
   * instead of sending the file again. It is proved by its bytes. @default false
   */
  readonly rejoin?: boolean
  /** Told when such an upload was found: nothing is sent. `wasThere`: it had ended before, and nothing new comes of it. */
  readonly onRejoined?: (wasThere: boolean) => void
  /** Asked before anything is sent of a file that would become a dataset of its own: what it becomes part of instead. */
  readonly onNew?: () => Promise<IntoDataset | undefined>
}

/** How far an upload is, as the server tells it: its `GET`. */
export interface DatasetStatus {
  readonly upload_id: string
  readonly filename: string
  /** bytes */
  readonly total_size: number
  readonly bytes_received: number
  readonly part_count: number
  /** ISO 8601, as all times. */
  readonly created_at: string
  readonly updated_at: string
  /** It was begun by whoever asks. */
  readonly is_own: boolean
  readonly status: string
  readonly completion_status: string | null
  readonly dataset_id: string
  readonly mode: 'create' | 'append' | 'replace'
  readonly batch_id: string | null
  /** How the columns of a file that is added differ from the dataset's, once that is known. */
  readonly differences: ColumnDifferences | null
  /** The other files of its batch, or somebody who confirms what differs. */
  readonly waits_for: 'files' | 'confirmation' | null
  readonly table_name: string | null
  readonly glue_table_name: string | null
  readonly glue_database_name: string | null
  /** `parquet`, or what it is converted from: csv, tsv, ndjson, json, xlsx. */
  readonly format?: string
  /** How it was read, once it is converted. */
  readonly conversion?: {
    readonly encoding: string | null
    readonly delimiter: string | null
    readonly has_header: boolean | null
    readonly sheet: string | null
    readonly warnings: readonly { readonly column: string | null; readonly message: string }[]
  } | null
  /** Of Excel: the sheet that was asked for. */
  readonly sheet?: string | null
  /** Of Excel: the sheets of the file, once it was looked at. */
  readonly sheets?: readonly { readonly name: string; readonly hidden: boolean }[] | null
  readonly parquet_schema_preview: SchemaPreview | null
  readonly failure_reason: { readonly step: string; readonly exc_str: string; readonly at: string } | null
  readonly retryable: boolean
  readonly completion_steps_log: readonly Readonly<Record<string, unknown>>[]
}

/** A dataset, as a list of a collection has it. */
export interface NamedDataset {
  readonly id: string
  readonly filename: string
  readonly row_count: number
  /** ISO 8601. */
  readonly created_at: string
  readonly updated_at: string
}

/** Of very many columns the first; the counts are of all. */
export interface ColumnDifferences {
  readonly same: number
  /** Only in the file: rows that are there read NULL. */
  readonly added: readonly { readonly name: string; readonly type: string }[]
  /** Only in the dataset: rows of the file read NULL. */
  readonly missing: readonly { readonly name: string; readonly type: string }[]
  /** `becomes`: what holds the values of both; null where nothing does. */
  readonly changed: readonly {
    readonly name: string
    readonly from: string
    readonly to: string
    readonly becomes: string | null
  }[]
  readonly added_count: number
  readonly missing_count: number
  readonly changed_count: number
  /** A file that says the same of itself is part of the dataset already. */
  readonly is_there: boolean
}

export interface SchemaPreview {
  readonly columns: readonly string[]
  readonly schema_fields: readonly { readonly name: string; readonly type: string }[]
  readonly row_count: number
  readonly num_row_groups: number
  /** bytes */
  readonly size_bytes: number
  /** There are more columns than these. */
  readonly truncated?: true
}

/** The last status of an upload that has become a dataset. */
export type RegisteredDataset = DatasetStatus

/**
 * `sending`: bytes are on their way. `finishing`: all are sent, and the server makes the file of them.
 * `waiting`: the connection broke, or the server asked for a pause; it is tried again after `retryIn` seconds.
 */
export interface UploadProgress {
  readonly phase: 'sending' | 'finishing' | 'waiting'
  /**
   * bytes; of a file in parts those that the storage has acknowledged, which never become fewer; of one body those that
   * left this machine, which fall back to 0 when it starts over
   */
  readonly sent: number
  readonly total: number
  readonly retryIn?: number
  /** Why it waits, for people, where that is known. */
  readonly reason?: string
  /** bytes of parts that left this machine and are not acknowledged; with `sent` it never becomes less */
  readonly inFlight?: number
  /** Whose turn it is: of the one who takes the bytes, or who is asked where to send them. */
  readonly to?: 'server' | 'storage'
  /** No byte has moved since the report before. */
  readonly still?: true
  /** parts that broke, are tried again and have not arrived yet; only while there are any */
  readonly again?: number
  /** bytes a second over the last seconds; absent until there is something to say */
  readonly speed?: number
  /** bytes of an earlier upload that were compared with this file so far; only while that goes on, before `sending` counts */
  readonly compared?: number
}

export interface UploadOptions {
  /** Stops the upload. Parts that were sent are kept: the same call goes on from there. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: UploadProgress) => void
  /** Milliseconds without a byte moving until the connection counts as broken. @default 60000 */
  readonly stallTimeout?: number
  /** How often in a row a request is tried again, where that is safe. @default 8 (some three minutes) */
  readonly retries?: number
  /** Go on with an earlier upload of the same file, when its bytes prove to be the same. @default true */
  readonly resume?: boolean
  /** Parts on their way at once; fewer after timeouts and when the storage is too busy. @default 8 */
  readonly concurrency?: number
}

/** What the server answers: 201 of `POST /-/files/upload/{source}`. */
export interface StoredFile {
  readonly ok: true
  readonly file_id: string
  readonly filename: string
  readonly content_type: string | null
  readonly size: number
  readonly url: string
  /** The whole record. */
  readonly file: Readonly<Record<string, unknown>>
}

/** An upload in parts that was begun and not finished, as the server lists it to the one who began it. */
export interface UnfinishedUpload {
  readonly upload_id: string
  readonly session_url: string
  readonly filename: string
  /** bytes */
  readonly total_size: number
  readonly part_size: number
  readonly part_count: number
  readonly bytes_received: number
  /** How long ago its last part arrived, where that is known. */
  readonly last_part_seconds_ago?: number | null
  readonly created_at: string
  readonly updated_at: string
}

/** An upload that becomes a dataset, as the server lists it. */
export interface DatasetUpload extends DatasetStatus, UnfinishedUpload {}

/** One request, as a transport sends it. */
export interface Sending {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: UploadSource | Uint8Array<ArrayBuffer> | string
  readonly signal: AbortSignal
  /** bytes of the body that were handed to the network so far */
  readonly onSent: (sent: number) => void
}

export interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  /** Without quotes; `null` also when a storage does not let pages see it. */
  readonly etag: string | null
  readonly text: string
}
