import { formatRows, type Row } from './support/table.ts'
import { benchTablePages } from './table-pages.ts'
import { benchUpload, benchUploadMemory } from './uploads.ts'

const FULL = !process.argv.includes('--short')

const BENCHMARKS: Readonly<Record<string, () => Promise<Row[]>>> = {
  P1: () => (FULL ? benchUpload(1024, 3) : benchUpload(128, 1)),
  P2: () =>
    benchUploadMemory(
      FULL
        ? [
            { megabytes: 1024, atOnce: 1, seconds: 0 },
            { megabytes: 1024, atOnce: 8, seconds: 10 },
            { megabytes: 128, atOnce: 64, seconds: 20 },
          ]
        : [{ megabytes: 64, atOnce: 8, seconds: 3 }],
    ),
  P7: () => benchTablePages(FULL ? 10 : 3),
}

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const rows: Row[] = []
for (const [name, run] of Object.entries(BENCHMARKS)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  process.stderr.write(`${name} …\n`)
  rows.push(...(await run()))
}
process.stdout.write(formatRows(rows))
