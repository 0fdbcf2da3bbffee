import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { onPath, run } from './run.ts'

/** Known to nobody who could reach it: it listens on this machine alone. */
export const OWN_USER = 'test'
export const S3_ACCESS_KEY = 'TESTACCESS'
export const S3_SECRET_KEY = 'TESTSECRET'
/** Of somebody else, who may do in a bucket what its policy says. */
export const OTHER_USER = 'other'
export const OTHER_ACCESS_KEY = 'OTHERACCESS'
export const OTHER_SECRET_KEY = 'OTHERSECRET'

const START_LIMIT_MS = 60_000
const ATTEMPTS = 4
const PAUSE_MS = 50
const FOLDER = 'holdall-ceph-'
const HOST = '127.0.0.1'

export interface S3Server {
  /** Scheme, host and port. */
  readonly endpoint: string
  close(): Promise<void>
}

/**
 * A Ceph object gateway with its monitor and one store, in memory: a real S3 server. It ends with this process, however
 * that ends.
 *
 * @throws Error with what its programs said, when it does not come up
 */
export async function startS3(): Promise<S3Server> {
  removeLeftovers()
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce()
    } catch (error) {
      // Its store may ask the monitor before it was told which cluster this is, and then ends: "wrong fsid".
      if (attempt === ATTEMPTS) throw error
    }
  }
}

async function startOnce(): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER}${process.pid}-`))
  for (const name of ['mon', 'osd', 'run']) mkdirSync(join(folder, name))
  const [monitorPort, port] = [await freePort(), await freePort()]
  const id = randomUUID()
  const conf = join(folder, 'ceph.conf')
  writeFileSync(conf, configuration(folder, id, monitorPort, port))
  const daemons: Daemon[] = []
  const given = new AbortController()
  const endpoint = `http://${HOST}:${port}`

  function leave(): void {
    for (const daemon of daemons.toReversed()) daemon.kill()
    removeFolder(folder)
  }
  async function close(): Promise<void> {
    process.off('exit', leave)
    // What still waits for a daemon that has ended would wait for ever.
    given.abort()
    await Promise.all(daemons.toReversed().map((daemon) => daemon.kill()))
    removeFolder(folder)
  }
  process.once('exit', leave)

  const env = { CEPH_CONF: conf }
  const begin = (program: string, ...args: string[]) => {
    const daemon = startDaemon(program, ['-f', '-c', conf, ...args], env)
    daemons.push(daemon)
    return daemon
  }
  try {
    const map = join(folder, 'monmap')
    await run('monmaptool', ['--create', '--fsid', id, '--addv', 'a', `[v1:${HOST}:${monitorPort}]`, map], env)
    await run('ceph-mon', ['-c', conf, '--mkfs', '-i', 'a', '--monmap', map], env)
    const monitor = begin('ceph-mon', '-i', 'a')
    const store = randomUUID()
    await monitor.or(run('ceph', ['-c', conf, '--connect-timeout', '30', 'osd', 'new', store], env, given.signal))
    await run('ceph-osd', ['-c', conf, '-i', '0', '--mkfs', '--osd-uuid', store], env)
    const disk = begin('ceph-osd', '-i', '0')
    for (const [name, access, secret] of [
      [OWN_USER, S3_ACCESS_KEY, S3_SECRET_KEY],
      [OTHER_USER, OTHER_ACCESS_KEY, OTHER_SECRET_KEY],
    ] as const) {
      const keys = ['--access-key', access, '--secret-key', secret]
      // So that tests can give out keys, and end them.
      const caps = name === OWN_USER ? ['--caps', 'users=write'] : []
      const user = ['user', 'create', '--uid', name, '--display-name', name, ...keys, ...caps]
      await disk.or(run('radosgw-admin', ['-c', conf, ...user], env, given.signal))
    }
    const gateway = begin('radosgw', '-n', 'client.rgw')
    await gateway.or(answers(endpoint))
    return { endpoint, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Daemon {
  /** What comes first: the work's end, or an error because the daemon has ended. */
  or<Result>(work: Promise<Result>): Promise<Result>
  kill(): Promise<void>
}

function startDaemon(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Daemon {
  // Else they would go on for ever when this process is killed.
  const guard = onPath('setpriv') ? ['setpriv', '--pdeathsig', 'KILL'] : []
  const [command = program, ...rest] = [...guard, program, ...args]
  const child: ChildProcess = spawn(command, rest, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000)
  })
  const ended = once(child, 'exit')
  return {
    async or(work) {
      const died = ended.then(() => {
        throw new Error(`${program} ended before the S3 server was up:\n${said}`)
      })
      return await Promise.race([work, died])
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function answers(endpoint: string): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS
  for (;;) {
    try {
      const { ok } = await fetch(endpoint, { signal: AbortSignal.timeout(1_000) })
      if (ok) return
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`The S3 server does not answer at ${endpoint}`, { cause: error })
    }
    await setTimeout(PAUSE_MS)
  }
}

/** Folders of runs that were killed, and could not remove them. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = new RegExp(`^${FOLDER}(\\d+)-`).exec(name) ?? []
    if (pid !== undefined && !isRunning(Number(pid))) removeFolder(join(tmpdir(), name))
  }
}

/** A program that was just ended may still have been writing there. */
function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('There is no free port')
  return address.port
}

function configuration(folder: string, id: string, monitorPort: number, port: number): string {
  return `[global]
fsid = ${id}
mon_host = [v1:${HOST}:${monitorPort}]
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
mon_allow_pool_size_one = true
osd_crush_chooseleaf_type = 0
run_dir = ${folder}/run
pid_file = ${folder}/run/$type.$id.pid
log_file = ${folder}/$type.$id.log
admin_socket = ${folder}/run/$name.asok
ms_bind_ipv6 = false
public_addr = ${HOST}
cluster_addr = ${HOST}
mon_data_avail_warn = 1
mon_data_avail_crit = 1
[mon.a]
mon_data = ${folder}/mon
[osd.0]
# Less often than without it, it asks before it was told which cluster this is.
monmap = ${folder}/monmap
osd_data = ${folder}/osd
osd_objectstore = memstore
memstore_device_bytes = 8589934592
[client.rgw]
rgw_frontends = beast endpoint=${HOST}:${port}
# Deleted bytes go at once, or the memory of the machine would fill.
rgw_gc_obj_min_wait = 2
rgw_gc_processor_period = 2
rgw_gc_processor_max_time = 2
rgw_gc_max_concurrent_io = 64
rgw_enable_usage_log = false
# So that uploads of a thousand parts are a matter of kilobytes.
rgw_multipart_min_part_size = 1
`
}
