import { constants } from 'node:sqlite'

/** Everything that only computes. Absent on purpose: `load_extension`, `fts3_tokenizer`, `sqlite_log`, `optimize`. */
const FUNCTIONS = new Set(
  `-> ->> abs acos acosh asin asinh atan atan2 atanh avg bm25 ceil ceiling changes char coalesce concat concat_ws cos cosh
  count cume_dist current_date current_time current_timestamp date datetime degrees dense_rank escape_fts exp first_rows first_value
  floor format fts5_get_locale fts5_insttoken fts5_locale geopoly_area geopoly_bbox geopoly_blob geopoly_ccw
  geopoly_contains_point geopoly_group_bbox geopoly_json geopoly_overlap geopoly_regular geopoly_svg geopoly_within
  geopoly_xform glob group_concat has_folded hex highlight if ifnull iif instr json json_array json_array_insert json_array_length
  json_error_position json_extract json_group_array json_group_object json_insert json_object json_patch json_pretty
  json_quote json_remove json_replace json_set json_type json_valid jsonb jsonb_array jsonb_array_insert jsonb_extract
  jsonb_group_array jsonb_group_object jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace jsonb_set
  julianday lag last_insert_rowid last_value lead length like likelihood likely ln log log10 log2 lower ltrim match
  matchinfo max median min mod name_key nth_value ntile nullif octet_length offsets percent_rank percentile percentile_cont
  percentile_disc pi pow power printf quote radians random randomblob rank replace round row_address row_number rtrim sign sin sinh
  snippet sqlite_source_id sqlite_version sqrt strftime string_agg substr substring sum tan tanh time timediff total
  total_changes trim trunc typeof unhex unicode unistr unistr_quote unixepoch unlikely upper zeroblob`.split(/\s+/),
)

/** Pragmas that describe what their argument names. */
const DESCRIBING = new Set(
  'foreign_key_list function_list index_info index_list index_xinfo module_list table_info table_list table_xinfo'.split(
    ' ',
  ),
)
/** Pragmas that tell a value; with an argument they would set it. The full-text tables ask for some of these themselves. */
const TELLING = new Set(
  'collation_list compile_options data_version encoding freelist_count max_page_count page_count page_size schema_version user_version'.split(
    ' ',
  ),
)

/**
 * Whether SQL from outside may do this: read, and call functions that only compute. It is a list of what is allowed,
 * since `readOnly` alone still lets `VACUUM INTO` write a file and `ATTACH` read one.
 */
export function mayReadOnly(action: number, first: string | null, second: string | null): boolean {
  switch (action) {
    case constants.SQLITE_SELECT:
    case constants.SQLITE_READ:
    case constants.SQLITE_RECURSIVE:
      return true
    case constants.SQLITE_FUNCTION:
      return second !== null && FUNCTIONS.has(second.toLowerCase())
    case constants.SQLITE_PRAGMA: {
      const pragma = (first ?? '').toLowerCase()
      return DESCRIBING.has(pragma) || (TELLING.has(pragma) && second === null)
    }
    default:
      return false
  }
}
