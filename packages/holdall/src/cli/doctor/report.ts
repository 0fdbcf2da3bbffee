import type { Finding } from '../../sources/examination.ts'
import type { CommandIo } from '../arguments.ts'
import type { progressLine } from '../progress.ts'

const MARKS = { ok: '✓', warning: '!', failed: '✗', skipped: '-' } as const
const CHECK_WIDTH = 16
/** Behind the mark and the name of the check. */
const FIX_INDENT = ' '.repeat(6)

export interface Examined {
  readonly slug: string
  readonly storage: string
}

export interface DoctorReport {
  begin(source: Examined): void
  finding(source: Examined, finding: Finding): void
  end(source: Examined, findings: readonly Finding[]): void
}

export function textReport(io: CommandIo, line: ReturnType<typeof progressLine>): DoctorReport {
  let sources = 0
  return {
    begin({ slug, storage }) {
      io.stdout.write(`${sources === 0 ? '' : '\n'}${slug} (${storage})\n`)
      sources += 1
      line.show(slug, 'is being looked at', 0, undefined)
    },
    finding(_, { check, status, says, fix }) {
      line.clear()
      io.stdout.write(`  ${MARKS[status]} ${check.padEnd(CHECK_WIDTH)}${says}\n`)
      if (fix === undefined) return
      io.stdout.write(`${fix.replaceAll(/^(?=.)/gm, FIX_INDENT)}\n`)
    },
    end: () => line.clear(),
  }
}

export function jsonReport(io: CommandIo): DoctorReport {
  const write = (event: object) => io.stdout.write(`${JSON.stringify(event)}\n`)
  return {
    begin: () => {},
    finding: ({ slug }, finding) => write({ event: 'finding', source: slug, ...finding }),
    end({ slug }, findings) {
      const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length
      write({ event: 'done', source: slug, failed: count('failed'), warnings: count('warning') })
    },
  }
}
