import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { apply, assertGreen, createPatient, type Examined, type Patient, troubleOf } from './support/doctor.ts'

/** A process whose mounts are its own. */
const OWN_MOUNTS = ['unshare', '-rm'] as const

describe('holdall doctor on a folder', () => {
  let folder: string
  let root: string
  let patient: Patient

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-doctor-'))
    chmodSync(folder, 0o755)
    root = join(folder, "the owner's files", 'root')
    patient = createPatient(folder, 'filesystem', { root })
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  async function cured(check: string, says: RegExp): Promise<void> {
    const sick = await patient.examine('--json')
    const { says: said, fix } = troubleOf(sick, check)
    assert.match(said, says)
    assert.equal(sick.code, 1)
    await apply(fix, patient)
    assertGreen(await patient.examine('--json'))
    assert.deepEqual(readdirSync(root), ['.holdall-tmp'])
    assert.deepEqual(readdirSync(join(root, '.holdall-tmp')), [])
  }

  test('that is not there, and is not made by looking', () => cured('folder', /^There is no folder .*root\.$/))

  test('that is a file', async () => {
    mkdirSync(dirname(root))
    writeFileSync(root, 'a file')
    await cured('folder', /is a file, not a folder/)
    assert.equal(readFileSync(`${root}.file`, 'utf8'), 'a file')
  })

  test('whose unfinished files lie in another file system', { skip: noOtherFileSystem() }, async () => {
    const elsewhere = mkdtempSync('/dev/shm/holdall-doctor-')
    try {
      mkdirSync(root, { recursive: true })
      symlinkSync(elsewhere, join(root, '.holdall-tmp'))
      await cured('file system', /lies in another file system/)
    } finally {
      rmSync(elsewhere, { recursive: true })
    }
  })

  test('that its account may not write, or not come to', { skip: process.platform === 'win32' }, async () => {
    mkdirSync(root, { recursive: true })
    const nobody = process.getuid?.() === 0 ? 65_534 : undefined
    if (nobody === undefined) chmodSync(root, 0o500)
    for (const [says, prepare] of [
      [/may not read and write .*root/, () => {}],
      [/may not go through .*owner's files, on the way/, () => chmodSync(dirname(root), 0o600)],
    ] as const) {
      prepare()
      const sick = await asUser(nobody, patient)
      const { says: said, fix } = troubleOf(sick, 'folder')
      assert.match(said, says)
      await apply(fix, patient)
      assertGreen(await asUser(nobody, patient))
    }
  })

  test('on a disk that is nearly full', { skip: noOwnMounts() }, async () => {
    const mount = (size: string) => `mkdir -p disk && mount -t tmpfs -o size=${size} holdall disk`
    const config = JSON.stringify({ sources: { patient: { storage: 'filesystem', config: { root: 'disk' } } } })
    writeFileSync(join(folder, 'holdall.json'), config)
    const doctor = `"${process.execPath}" "${COMMAND}" doctor -c holdall.json`
    const script = `${mount('64m')}\n${doctor}\nmount -o remount,size=2g disk\n${doctor}`
    const [program, ...options] = OWN_MOUNTS
    const printed = execFileSync(program, [...options, 'sh', '-ec', script], { cwd: folder, encoding: 'utf8' })
    const [before = '', afterwards = ''] = printed.split(/(?=^patient)/m)
    assert.match(before, /^ {2}! free space {6}Only 67.1 MB of 67.1 MB are free\.\n.*\n {6}holdall gc$/m)
    assert.match(afterwards, /^ {2}✓ free space/m)
    assert.doesNotMatch(afterwards, /^ {2}[!✗-]/m)
  })
})

const COMMAND = fileURLToPath(new URL('../packages/holdall/bin/holdall.js', import.meta.url))

/** In a process of another account, where this one may do everything. */
async function asUser(user: number | undefined, patient: Patient): Promise<Examined> {
  if (user === undefined) return await patient.examine('--json')
  return await patient.elsewhere(['setpriv', '--reuid', String(user), '--regid', String(user), '--clear-groups'])
}

function noOtherFileSystem(): string | false {
  return existsSync('/dev/shm') && statSync('/dev/shm').dev !== statSync(tmpdir()).dev
    ? false
    : 'there is no other file system here'
}

function noOwnMounts(): string | false {
  const [program, ...options] = OWN_MOUNTS
  const { status } = spawnSync(program, [...options, 'sh', '-c', 'mount -t tmpfs -o size=1m x /mnt'])
  return status === 0 ? false : 'this process may not mount anything'
}

describe('holdall doctor on files of other servers', () => {
  let folder: string
  let server: Server
  let url: string
  let patient: Patient

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-doctor-'))
    server = createServer((request, response) => {
      const isThere = request.url === '/a.txt'
      response.writeHead(isThere ? 200 : 404, { 'content-length': '5' }).end(request.method === 'HEAD' ? '' : 'bytes')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    patient = createPatient(folder, 'http', { urls: [`${url}/a.txt`] })
    patient.settings.allow_private_hosts = ['127.0.0.1']
  })
  afterEach(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  test('whose host may not be asked', async () => {
    delete patient.settings.allow_private_hosts
    const { says, fix } = troubleOf(await patient.examine('--json'), 'addresses')
    assert.match(says, /Nothing is asked of 127.0.0.1/)
    await apply(fix, patient)
    assertGreen(await patient.examine('--json'))
  })

  test('that are gone, or on a server that is', async () => {
    for (const [address, says] of [
      [`${url}/b.txt`, /Nothing is at .*b.txt/],
      ['http://127.0.0.1:9/c.txt', /127.0.0.1:9 cannot be reached/],
    ] as const) {
      patient.config.urls = [`${url}/a.txt`, address]
      const { says: said, fix } = troubleOf(await patient.examine('--json'), 'addresses')
      assert.match(said, says)
      const taken = fix?.split('\n').at(-1)
      patient.config.urls = (patient.config.urls as string[]).filter((one) => one !== taken)
      assertGreen(await patient.examine('--json'))
    }
  })
})

describe('holdall doctor', () => {
  test('says what is wrong with what it was told, and what one source is called', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdall-doctor-'))
    const patient = createPatient(folder, 'filesystem', { root: join(folder, 'root') })
    mkdirSync(join(folder, 'root'))
    assert.equal((await patient.examine('a', 'b')).code, 2)
    assert.equal((await patient.examine('--origin', 'files.example')).code, 2)
    const other = await patient.examine('other')
    assert.deepEqual([other.code, other.stdout], [1, ''])
    assert.match(other.stderr, /There is no source other. There is: patient/)
    assertGreen(await patient.examine('patient', '--json'))
    rmSync(folder, { recursive: true })
  })

  test('looks at all sources at once, and tells of them one after the other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdall-doctor-'))
    let asked = 0
    const both = Promise.withResolvers<void>()
    const server = createServer(async (_, response) => {
      asked += 1
      if (asked === 2) both.resolve()
      await both.promise
      response.writeHead(200, { 'content-length': '0' }).end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const urls = [`http://127.0.0.1:${(server.address() as AddressInfo).port}/a`]
    const config = { settings: { allow_private_hosts: ['127.0.0.1'] }, sources: {} as Record<string, object> }
    for (const slug of ['one', 'two']) config.sources[slug] = { storage: 'http', config: { urls } }
    const patient = createPatient(folder, 'http', {}, { whole: config })
    const { stdout } = await patient.examine()
    assert.match(stdout, /^one \(http\)\n[\s\S]*\n\ntwo \(http\)\n/)
    server.close()
    rmSync(folder, { recursive: true })
  })
})
