interface ErrorEntry {
  readonly status: number
  /** `{name}` is filled with the value of that name. Says what happened, then what to do. */
  readonly message: string
}

/** Every error code that a client can meet. Codes are stable: add, never rename. */
export const ERRORS = {
  // Requests
  bad_request: { status: 400, message: '{reason}' },
  invalid_json: { status: 400, message: 'Invalid JSON: {reason}' },
  invalid_cursor: { status: 400, message: 'The cursor is not one that this list gave out. Start again without it.' },
  not_found: { status: 404, message: 'Nothing is at this address.' },
  method_not_allowed: { status: 405, message: 'Method not allowed. This address takes {allow}.' },
  /** Nobody is there to read it; the number is the one that proxies log. */
  request_aborted: { status: 499, message: 'The request was given up before it was answered.' },
  body_too_large: { status: 413, message: 'The body is larger than {limit} bytes.' },
  internal: { status: 500, message: 'The server failed at this request. Its log has the reason under the request id.' },
  unavailable: { status: 503, message: '{reason}' },
  database_full: {
    status: 507,
    message: 'The disk of the internal database is full. Whoever runs this server must make room; nothing was kept.',
  },
  database_busy: { status: 503, message: 'The database is busy. Try again in a moment.' },

  // Who asks, and whether they may
  sign_in_required: { status: 401, message: 'Sign in to do this: {action} is needed.' },
  invalid_token: { status: 401, message: 'This token is unknown, expired or revoked. Make a new one at /-/tokens.' },
  permission_denied: { status: 403, message: 'Permission denied: {action} on {resource}' },
  cross_site: {
    status: 403,
    message: 'This request came from another site. Send it from a page of this server or with a bearer token.',
  },

  sign_in_link_invalid: {
    status: 403,
    message: 'This sign-in link was used already, was revoked or is older than 24 hours. Ask for a new one.',
  },
  person_not_found: { status: 404, message: 'Nobody is known as {id}.' },
  token_not_found: { status: 404, message: 'You have no such token, or it has ended already.' },
  file_decides: { status: 409, message: '{file} decides this: {rules}. Change it there.' },
  secret_unreadable: {
    status: 500,
    message: 'The secret in {path} cannot be read. Give one with --secret or HOLDALL_SECRET, or remove that file.',
  },
  secret_name_invalid: {
    status: 400,
    message: 'A secret is named like a variable, with letters, digits and _, and not {name}.',
  },
  secret_sealed: {
    status: 500,
    message: 'The secret {name} was kept under another server secret. Set it again: holdall secrets set {name}',
  },

  // Files and sources
  file_not_found: { status: 404, message: 'File not found: {id}' },
  file_described: {
    status: 409,
    message: '{filename} has a description already, which was left as it is. Edit the file to change it.',
  },
  description_edited: {
    status: 409,
    message: 'The description was changed meanwhile. Nothing was saved.',
  },
  file_not_described: { status: 409, message: '{filename} has no description. Nothing was changed.' },
  source_not_found: { status: 404, message: 'Source not found: {source}' },

  // The trash
  restore_path_taken: {
    status: 409,
    message:
      'Another file, {id}, now lies where {filename} was. Move that one to trash or elsewhere, then restore. Nothing was restored.',
  },
  undo_too_late: {
    status: 404,
    message: 'Nothing of this is in the trash any more: it was restored already, or is gone for good.',
  },
  not_in_trash: { status: 409, message: '{filename} is not in the trash. Move it there first.' },
  trash_changed: {
    status: 409,
    message: 'More would be deleted for good than you were told of. Nothing was deleted: look again, then retry.',
  },
  source_keeps_files: {
    status: 400,
    message:
      'The source {source} cannot delete bytes. What is in the trash of it stays there, and can be restored at any time.',
  },

  // The internal database
  internal_database_unknown: {
    status: 500,
    message:
      '{path} is not an internal database of Holdall. Nothing in it was changed. Name another file with --internal; this version cannot yet carry over one that Datasette wrote.',
  },
  internal_database_newer: {
    status: 500,
    message:
      '{path} was written by a newer Holdall ({migrations}). Nothing in it was changed. Start that version, or name another file with --internal.',
  },

  source_inactive: {
    status: 503,
    message:
      'The source {source} is no longer configured, or was deactivated. Its files are kept, but nothing can be read or written there.',
  },
  source_invalid: { status: 400, message: '{reason}' },
  source_exists: { status: 409, message: 'There is a source {source} already. Choose another name.' },
  source_declared: {
    status: 409,
    message: '{file} says what the source {source} is. Change it there and start again.',
  },
  source_edited: {
    status: 409,
    message: 'Somebody else has changed this source meanwhile. Look at what it says now, then change it again.',
  },
  source_unavailable: {
    status: 503,
    message: 'The source {source} cannot be reached: {reason}. It is tried again by itself.',
  },
  source_not_listable: {
    status: 400,
    message: 'The source {source} cannot list what lies in it, so there is nothing to sync it with.',
  },
  source_read_only: { status: 400, message: 'The source {source} takes no uploads.' },
  file_missing: { status: 410, message: 'The storage no longer has this file.' },
  file_changed: {
    status: 410,
    message: 'The file that lies there now is another one than was recorded. Put it back as it was, then ask again.',
  },
  move_refused: {
    status: 409,
    message: '{filename} cannot be what is missing: {reason}. Look at both files as they are now, then decide again.',
  },
  range_not_satisfiable: { status: 416, message: 'The range begins past the end of the file.' },
  storage_path_invalid: { status: 400, message: 'The storage cannot hold this path: {reason}' },
  storage_full: { status: 507, message: 'The storage has no room left for this file.' },
  /** No request is made there: it would let others look around inside the network of this server. */
  address_refused: { status: 503, message: 'Nothing is asked of {host}: {reason}.' },
  storage_failed: { status: 503, message: 'The storage failed. Try again in a moment; the server log has the reason.' },

  // Uploads
  filename_required: {
    status: 400,
    message:
      'filename is required: send it as ?filename=, as X-Filename (percent-encoded UTF-8), or with the form part.',
  },
  filename_invalid: { status: 400, message: 'filename {reason}' },
  file_required: {
    status: 400,
    message: 'No file provided. Send a form with a part named "file", or the bytes themselves with ?filename=.',
  },
  form_invalid: { status: 400, message: 'This multipart form cannot be read: {reason}' },
  too_many_files: { status: 413, message: 'One request carries at most {limit} files. Send the rest in another.' },
  file_too_large: { status: 413, message: 'File too large: this source takes at most {limit} bytes.' },
  type_not_accepted: { status: 400, message: 'This source does not take files of type {type}. It takes: {accept}' },
  type_rejected: { status: 400, message: 'This source does not take files of type {type}.' },
  type_mismatch: { status: 400, message: 'The file was sent as {declared}, but its bytes are {sniffed}.' },
  size_mismatch: { status: 400, message: '{declared} bytes were announced, but {received} arrived.' },
  upload_interrupted: {
    status: 400,
    message: 'The upload ended before all of it had arrived. Nothing was kept; send it again.',
  },
  upload_stalled: { status: 408, message: 'Nothing arrived for {seconds} seconds. Nothing was kept; send it again.' },
  upload_token_required: { status: 400, message: 'upload_token is required' },
  upload_token_invalid: { status: 400, message: 'Invalid or expired upload token' },
  upload_token_elsewhere: { status: 400, message: 'Token does not match this source' },
  upload_already_received: { status: 400, message: 'Content already uploaded for this token' },
  upload_in_progress: { status: 409, message: 'Another request is sending the content of this upload right now.' },
  upload_not_received: { status: 400, message: 'File content has not been uploaded yet' },
  upload_not_found: { status: 404, message: 'Upload session not found.' },
  upload_not_open: { status: 409, message: 'This upload is {status}. Prepare a new one.' },
  upload_without_parts: { status: 409, message: 'This upload goes in one request; it has no parts.' },
  upload_other_way: {
    status: 409,
    message: 'The bytes of this upload go another way: follow what prepare answered.',
  },
  part_url_invalid: {
    status: 403,
    message: 'This address of a part is not valid, or no longer. Ask for a new one with POST to …/parts.',
  },
  upload_partial: { status: 400, message: 'Some files were refused.' },
  upload_failed: { status: 400, message: 'The upload failed at {step}: {reason}' },

  // Files in parts
  multipart_gone: {
    status: 410,
    message: 'The storage no longer has the parts of this upload. Begin a new one.',
  },
  /** `parts`: the first few, such as `part 3 is missing`. */
  upload_parts_missing: { status: 409, message: 'Not all parts are there: {parts}. Send them, then complete again.' },
  part_checksum_mismatch: {
    status: 400,
    message: 'Part {number} arrived with other bytes than its checksum tells. Nothing of it was kept; send it again.',
  },
  part_in_progress: {
    status: 503,
    message: 'Another request is sending this part or completing the upload right now. Send it again in a moment.',
  },

  // Collections and datasets
  collection_not_found: { status: 404, message: 'Collection not found: {id}' },
  collection_gone: { status: 409, message: 'The collection was deleted meanwhile. Make it again, then retry.' },
  catalog_unavailable: {
    status: 409,
    message:
      'This server cannot register datasets in the catalog {catalog}. Choose another catalog in the settings of the collection.',
  },
  collection_exists: { status: 409, message: 'There is a collection {id} already. Choose another id.' },
  collection_not_empty: {
    status: 409,
    message: 'The collection {id} holds {count}. Delete what is in it first; nothing was deleted.',
  },
  dataset_not_found: { status: 404, message: 'Dataset not found: {id}' },
  dataset_objects_gone: { status: 409, message: 'The files of this dataset are gone for good. Upload it again.' },

  // Parquet files
  /** `reason`: half a sentence in which the file is `it`. */
  parquet_invalid: {
    status: 400,
    message: 'This is not a readable Parquet file: {reason}. Write it again and upload that one.',
  },
  parquet_encrypted: {
    status: 400,
    message: 'This Parquet file cannot be read without keys: {reason} encrypted. Write it without encryption.',
  },
  /** `reason`: what there is, and what the settings take. */
  parquet_limit_exceeded: {
    status: 400,
    message: 'This Parquet file is past a limit: {reason}. Write it with less, or have the limit raised.',
  },

  // Queries of datasets
  query_refused: { status: 400, message: 'This query is not run. {reason}' },
  /** `reason`: DuckDB's own words. */
  query_failed: { status: 400, message: '{reason}' },
  /** Not 408: clients send a request again that was answered so. `reason`: half a sentence in which the query is `it`, and what to do. */
  query_limit: { status: 400, message: 'The query was stopped: {reason}.' },
  query_crashed: {
    status: 400,
    message:
      'The process that ran this query broke off; nothing else was harmed. Send it again, or ask for less if it needed much memory.',
  },
  query_busy: { status: 503, message: 'Too many queries are running. Send it again in a moment.' },

  // Files that become Parquet on the way in
  /** `kind`: CSV, Excel; `reason`: half a sentence in which the file is `it`, or one that begins with a line's number. */
  not_convertible: {
    status: 400,
    message: 'No table can be made of this {kind} file: {reason}.',
  },
  /** The same of one sheet of several. */
  sheet_not_convertible: {
    status: 400,
    message: 'No table can be made of this {kind} file: {reason}. Choose another sheet.',
  },
  conversion_limit: {
    status: 400,
    message: 'This {kind} file is past a limit: {reason}. Divide it, or convert it to Parquet and upload that.',
  },

  dataset_has_no_sheets: {
    status: 409,
    message: '{name} was not made of one Excel file alone. Upload the file again, with the name of the sheet.',
  },
  dataset_has_no_original: {
    status: 404,
    message: '{name} was not converted from another file: what was sent is its Parquet file.',
  },

  // Uploads of datasets
  organization_id_invalid: { status: 400, message: 'Invalid organization ID format. Must be a valid UUID.' },
  multipart_session_not_found: { status: 404, message: 'Multipart upload session not found.' },
  multipart_session_elsewhere: { status: 403, message: 'Multipart session does not belong to this collection.' },
  multipart_not_completable: { status: 409, message: "Multipart session is in status '{status}'; cannot complete." },
  multipart_not_retryable: {
    status: 409,
    message: "Multipart session is in status '{status}'; there is nothing to go on with. Begin a new one.",
  },
  multipart_registered: {
    status: 409,
    message: 'This upload is a dataset already; it cannot be cancelled any more. Delete the dataset.',
  },
  multipart_not_waiting: {
    status: 409,
    message: 'This upload does not wait for anybody to confirm it: it is in completion status {status}.',
  },
  multipart_joined: {
    status: 409,
    message:
      'This file is part of the dataset already; it cannot be cancelled any more. Make an older version current again.',
  },
  dataset_in_trash: { status: 409, message: 'The dataset is in the trash. Restore it, then retry.' },
  batch_gone: { status: 404, message: 'These files do not wait any more: they were added, or were discarded.' },
  dataset_version_gone: {
    status: 409,
    message: 'Version {version} is gone: a version that was replaced is kept for 30 days.',
  },
  dataset_file_gone: {
    status: 409,
    message:
      'The present version has no file {path}, or has several of that name. Load the page again; nothing was taken out.',
  },
  dataset_last_file: {
    status: 409,
    message: 'Nothing would be left of the dataset: it keeps one file at least. Replace it, or delete it.',
  },
  /** `reason`: whole sentences. */
  dataset_rest_differs: {
    status: 409,
    message:
      'The files that stay cannot be one table without it. {reason} Take one of those out as well, or replace the dataset.',
  },
  batch_elsewhere: {
    status: 409,
    message: 'The batch {id} is of another dataset, or does something else. Choose another id.',
  },
  too_many_open_uploads: {
    status: 429,
    message: 'The collection {id} has {limit} uploads open. Finish or cancel some of them first.',
  },

  // The configuration
  configuration_invalid: { status: 500, message: 'The configuration is not valid.' },

  // Databases
  database_missing: {
    status: 500,
    message: 'The database {name} has no file at {path}. Check the path, or start with --create to make an empty one.',
  },
  database_not_sqlite: {
    status: 500,
    message: 'The database {name} cannot be served: {path} is {reason}. Check the path.',
  },
  database_not_found: { status: 404, message: 'Database not found' },
  table_not_found: { status: 404, message: 'Table not found' },
  row_not_found: { status: 404, message: 'Row not found' },

  // Writing to tables
  database_immutable: { status: 403, message: 'Database is immutable' },
  record_not_found: { status: 404, message: 'Record not found: {key}' },
  write_refused: { status: 400, message: '{reason}' },
  write_too_slow: { status: 503, message: 'The write took longer than {seconds} seconds and was undone.' },
  file_column_refused: { status: 400, message: '{column}: {reason}' },
  file_columns_refused: { status: 400, message: '{reason}' },
  file_columns_hold_text: { status: 409, message: '{reason}' },
  file_column_only_added: {
    status: 503,
    message: '{column} was added as a column for text. Make it a file column under “Configure file columns”.',
  },

  // Attaching many files
  no_file_column: { status: 400, message: '{column} does not hold files. Make it a file column first.' },
  column_not_found: { status: 400, message: 'Column not found: {column}' },
  attach_pattern_invalid: { status: 400, message: 'The pattern cannot be read: {reason}.' },
  attach_too_many_files: {
    status: 413,
    message: 'One run attaches at most {limit} files. Attach the rest in another.',
  },
  attach_nothing: { status: 400, message: 'No file goes to a row. Choose a row for one of them.' },
  attach_run_not_found: { status: 404, message: 'There is no such run of this table.' },
  attach_not_planned: { status: 409, message: 'This run is {status} already. Start another one.' },
  attach_not_applied: { status: 409, message: 'This run is {status}: there is nothing of it to undo.' },
  attach_busy: {
    status: 409,
    message: 'Another run is being written to this table. Try again in a moment.',
  },
  attach_plan_changed: {
    status: 409,
    message:
      'This plan was matched again, or decided for many files at once, in another tab or window. Nothing was written; look at the plan as it is now and try again.',
  },
  attach_changed: {
    status: 409,
    message:
      '{count} of the rows changed or went while this was prepared. Nothing was written; look at them and try again.',
  },
  attach_files_gone: {
    status: 409,
    message:
      '{count} of the files were moved to trash or are gone meanwhile. Nothing was written; leave them out and try again.',
  },
  database_unreadable: { status: 503, message: 'The database cannot be read: {reason}' },
  sql_error: { status: 400, message: '{reason}' },
  file_filter_too_many: {
    status: 400,
    message:
      'More than {limit} files {trouble}: too many to tell which rows hold them. Lists of files show them; begin there.',
  },
  file_look_too_long: {
    status: 400,
    message:
      'The table is too large to look at every file of {column} within the time that a look may take. Ask for other rows.',
  },
  sql_time_limit: {
    status: 400,
    message:
      'The query took longer than {limit} ms (settings.sql_time_limit_ms). Narrow it with a filter, or raise the limit.',
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS
