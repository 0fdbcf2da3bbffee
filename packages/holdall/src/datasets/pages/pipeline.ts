/** A step that an upload went through, as its log tells it. */
export interface PipelineStep {
  readonly name: string
  readonly startedAt: string | undefined
  /** How long it took; undefined where its end is not in the log. */
  readonly milliseconds: number | undefined
}

/** The steps of a session's log, in their order; entries of any other shape are left out. */
export function pipelineOf(log: readonly unknown[]): PipelineStep[] {
  const steps = new Map<string, { startedAt?: string; finishedAt?: string }>()
  for (const entry of log) {
    if (typeof entry !== 'object' || entry === null) continue
    const { step, started_at, finished_at } = entry as Record<string, unknown>
    if (typeof step !== 'string') continue
    const known = steps.get(step) ?? {}
    if (typeof started_at === 'string') known.startedAt ??= started_at
    if (typeof finished_at === 'string') known.finishedAt = finished_at
    steps.set(step, known)
  }
  return [...steps].map(([name, { startedAt, finishedAt }]) => ({
    name,
    startedAt,
    milliseconds: between(startedAt, finishedAt),
  }))
}

/** From the beginning of the first step to the end of the last; undefined where the log does not tell. */
export function pipelineTime(log: readonly unknown[]): number | undefined {
  const steps = pipelineOf(log)
  const begun = steps.flatMap(({ startedAt }) => (startedAt === undefined ? [] : [Date.parse(startedAt)]))
  const ended = steps.flatMap(({ startedAt, milliseconds }) =>
    startedAt === undefined || milliseconds === undefined ? [] : [Date.parse(startedAt) + milliseconds],
  )
  const time = Math.max(...ended) - Math.min(...begun)
  return Number.isFinite(time) ? time : undefined
}

function between(from: string | undefined, to: string | undefined): number | undefined {
  const time = from === undefined || to === undefined ? Number.NaN : Date.parse(to) - Date.parse(from)
  return Number.isFinite(time) && time >= 0 ? time : undefined
}
