import { writeParquet } from './parquet.ts'

/** The Parquet file that a guide is about, beside whoever reads it: `node guide-parquet.ts PATH`. */
const [path = ''] = process.argv.slice(2)
await writeParquet(
  path,
  `SELECT range AS id, 'Gallery ' || (range % 7 + 1) AS gallery, DATE '2025-01-01' + (range % 365)::INTEGER AS day,
    (range * 7919 % 240)::INTEGER AS minutes FROM range(200000)`,
)
