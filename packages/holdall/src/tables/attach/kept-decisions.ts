import { formatCount } from '../../web/format.ts'
import { LEFT_OUT } from './parts.ts'
import type { Line } from './plan.ts'

export interface KeptDecisions {
  readonly lines: readonly Line[]
  /** Files whose row somebody named, and files that somebody left out. */
  readonly named: number
  readonly leftOut: number
}

/**
 * A plan that was matched in another way, with what somebody had decided that has nothing to do with how it was matched: the
 * row that was named for a file whose name did not lead there, and which files are left out, for whatever reason: none of
 * them is attached unless somebody says so. What was chosen among the rows that names had led to was an answer to a question
 * that is no more.
 */
export function keepDecisions(lines: readonly Line[], before: readonly Line[]): KeptDecisions {
  const decided = new Map(before.flatMap((line) => (isOfAnyMatch(line) ? [[line.file, line.chosen as string]] : [])))
  let named = 0
  let leftOut = 0
  const kept = lines.map((line): Line => {
    const chosen = decided.get(line.file)
    if (chosen === undefined || line.state === 'refused' || line.state === 'same') return line
    if (chosen === LEFT_OUT) leftOut += 1
    else named += 1
    return { ...line, chosen }
  })
  return { lines: kept, named, leftOut }
}

function isOfAnyMatch({ rows, chosen }: Line): boolean {
  return chosen !== null && !rows.some(({ key }) => key === chosen)
}

/** `2 rows named by hand and 3 files left out are as they were`; nothing where nobody had decided anything. */
export function keptDecisionWords({ named, leftOut }: KeptDecisions): string | undefined {
  const kept = [
    ...(named > 0 ? [`${formatCount(named, 'row')} named by hand`] : []),
    ...(leftOut > 0 ? [`${formatCount(leftOut, 'file')} left out`] : []),
  ]
  if (kept.length === 0) return undefined
  return `${kept.join(' and ')} ${named + leftOut === 1 ? 'is as it was' : 'are as they were'}`
}
