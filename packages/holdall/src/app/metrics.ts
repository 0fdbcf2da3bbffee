import type { Route } from '../web/route.ts'
import { SERVER_API } from './api.ts'

/** Upper bounds of the latency histogram's buckets, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** Counts of answers and their times since the process started, in Prometheus' text format. */
export interface Metrics {
  answered(method: string, status: number, seconds: number): void
  text(): string
}

export function createMetrics(): Metrics {
  const answers = new Map<string, number>()
  const buckets = new Array<number>(BUCKETS.length + 1).fill(0)
  let count = 0
  let sum = 0
  return {
    answered(method, status, seconds) {
      const labels = `method="${KNOWN_METHODS.has(method) ? method : 'other'}",status="${status}"`
      answers.set(labels, (answers.get(labels) ?? 0) + 1)
      const bucket = BUCKETS.findIndex((bound) => seconds <= bound)
      const at = bucket === -1 ? BUCKETS.length : bucket
      buckets[at] = (buckets[at] ?? 0) + 1
      count += 1
      sum += seconds
    },
    text() {
      let below = 0
      const histogram = BUCKETS.map((bound, at) => {
        below += buckets[at] ?? 0
        return `holdall_http_request_seconds_bucket{le="${bound}"} ${below}`
      })
      const { rss, heapUsed } = process.memoryUsage()
      return [
        '# HELP holdall_http_requests_total Answers by method and status.',
        '# TYPE holdall_http_requests_total counter',
        ...[...answers].map(([labels, value]) => `holdall_http_requests_total{${labels}} ${value}`),
        '# HELP holdall_http_request_seconds Time until the answer began.',
        '# TYPE holdall_http_request_seconds histogram',
        ...histogram,
        `holdall_http_request_seconds_bucket{le="+Inf"} ${count}`,
        `holdall_http_request_seconds_sum ${sum}`,
        `holdall_http_request_seconds_count ${count}`,
        '# HELP process_resident_memory_bytes Memory of the server process, without its children.',
        '# TYPE process_resident_memory_bytes gauge',
        `process_resident_memory_bytes ${rss}`,
        '# TYPE nodejs_heap_size_used_bytes gauge',
        `nodejs_heap_size_used_bytes ${heapUsed}`,
        '# TYPE process_start_time_seconds gauge',
        `process_start_time_seconds ${(Date.now() / 1000 - process.uptime()).toFixed(3)}`,
        '',
      ].join('\n')
    },
  }
}

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])

export function metricsRoute(metrics: Metrics): Route {
  return {
    method: 'GET',
    path: '/-/metrics',
    api: SERVER_API.metrics,
    need: { kind: 'public', because: 'numbers of the process alone: no names, no content' },
    handler: (c) => c.body(metrics.text(), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }),
  }
}
