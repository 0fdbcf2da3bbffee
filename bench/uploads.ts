import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createToken, startHoldall } from '../test/support/holdall.ts'
import { residentBytes, watchMemory } from './support/memory.ts'
import { type PeerName, startPeer } from './support/peers.ts'
import { send } from './support/sender.ts'
import { median, type Row } from './support/table.ts'

const MIB = 1024 * 1024

interface Server {
  readonly pid: number
  readonly raw: string
  readonly form: string
  readonly headers: Readonly<Record<string, string>>
  stop(): Promise<unknown>
}

/** P1: one large proxied upload, hashed, flushed and registered, beside servers that do less. */
export async function benchUpload(megabytes: number, rounds: number): Promise<Row[]> {
  const bytes = megabytes * MIB
  const times: Record<string, number[]> = {}
  const time = async (name: string, run: () => Promise<unknown>) => {
    const began = performance.now()
    await run()
    times[name] = [...(times[name] ?? []), performance.now() - began]
  }
  for (let round = 0; round < rounds; round += 1) {
    // Each server anew and its bytes deleted after, so that none pays for another's dirty pages.
    await withServer(startOurs, (ours) => time('raw', () => send({ url: ours.raw, bytes, headers: ours.headers })))
    await withServer(
      () => startTheirs('bare'),
      (bare) => time('bare', () => send({ url: bare.raw, bytes })),
    )
    await withServer(startOurs, (ours) =>
      time('form', () => send({ url: ours.form, bytes, headers: ours.headers, form: true })),
    )
    await withServer(
      () => startTheirs('tus'),
      (tus) => time('tus', () => sendTus(tus.raw, bytes)),
    )
    await withServer(
      () => startTheirs('multer'),
      (multer) => time('multer', () => send({ url: multer.form, bytes, form: true })),
    )
  }
  const [raw, form, bare, tus, multer] = ['raw', 'form', 'bare', 'tus', 'multer'].map((name) =>
    median(times[name] ?? []),
  )
  const against = (what: string, ours = 0, peer = 0, peerName = '', limit = 1): Row => ({
    what: `P1 ${megabytes} MiB ${what}`,
    ours: seconds(ours),
    peer: `${seconds(peer)} ${peerName}`,
    ratio: (ours / peer).toFixed(2),
    target: `≤ ${limit}`,
    met: ours / peer <= limit,
  })
  return [
    against('raw body', raw, bare, 'bare server', 1.25),
    against('multipart form', form, bare, 'bare server', 1.5),
    against('raw body', raw, tus, '@tus/server (hashes nothing)', 1),
    against('multipart form', form, multer, 'multer (hashes nothing)', 1),
  ]
}

/** P2: how much memory the server and its children take above their idle while uploads run. */
export async function benchUploadMemory(
  cases: readonly { megabytes: number; atOnce: number; seconds: number; form?: boolean }[],
): Promise<Row[]> {
  const rows: Row[] = []
  for (const { megabytes, atOnce, seconds: slow, form = false } of cases) {
    await withServer(startOurs, async (ours) => {
      await send({ url: ours.raw, bytes: MIB, headers: ours.headers })
      const idle = residentBytes(ours.pid)
      const watch = watchMemory(ours.pid)
      await Promise.all(
        Array.from({ length: atOnce }, () =>
          send({
            url: form ? ours.form : ours.raw,
            form,
            bytes: megabytes * MIB,
            headers: ours.headers,
            seconds: slow,
          }),
        ),
      )
      const more = (watch.stop() - idle) / MIB
      rows.push({
        what: `P2 memory, ${megabytes} MiB × ${atOnce} at once${form ? ', as forms' : ''}`,
        ours: `+${more.toFixed(0)} MiB`,
        peer: `${(idle / MIB).toFixed(0)} MiB idle`,
        ratio: '',
        target: '≤ +100 MiB',
        met: more <= 100,
      })
    })
  }
  return rows
}

async function withServer(start: () => Promise<Server>, work: (server: Server) => Promise<unknown>): Promise<void> {
  const server = await start()
  try {
    await work(server)
  } finally {
    await server.stop()
  }
}

async function startOurs(): Promise<Server> {
  const ours = await startHoldall()
  const token = await createToken(ours.data, 'root')
  const url = `${ours.url}/-/files/upload/files`
  return {
    pid: ours.process.pid as number,
    raw: `${url}?filename=big.bin`,
    form: url,
    headers: { Authorization: `Bearer ${token}` },
    stop: () => ours.stop(),
  }
}

async function startTheirs(name: PeerName): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-bench-'))
  const peer = await startPeer(name, folder)
  return {
    pid: peer.pid,
    raw: peer.url,
    form: peer.url,
    headers: {},
    async stop() {
      await peer.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

async function sendTus(url: string, bytes: number): Promise<void> {
  const created = await fetch(`${url}/files`, {
    method: 'POST',
    headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(bytes) },
  })
  const headers = { 'Tus-Resumable': '1.0.0', 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' }
  await send({ url: created.headers.get('Location') as string, bytes, method: 'PATCH', headers })
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`
}
