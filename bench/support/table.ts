/** One measured figure beside what it is held against. */
export interface Row {
  readonly what: string
  readonly ours: string
  readonly peer: string
  readonly ratio: string
  readonly target: string
  readonly met: boolean
}

/** The rows as text, columns aligned, a mark on what falls short. */
export function formatRows(rows: readonly Row[]): string {
  const cells = [['', 'what', 'ours', 'peer or limit', 'ratio', 'target'], ...rows.map(cellsOf)]
  const widths = (cells[0] as string[]).map((_, column) =>
    Math.max(...cells.map((row) => (row[column] as string).length)),
  )
  return `${cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`
}

function cellsOf({ what, ours, peer, ratio, target, met }: Row): string[] {
  return [met ? 'met' : 'SHORT', what, ours, peer, ratio, target]
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** The value that so many percent of them do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] as number
}
