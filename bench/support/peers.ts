import { fork } from 'node:child_process'
import { once } from 'node:events'

export type PeerName = 'bare' | 'tus' | 'multer'

export interface Peer {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

/** Starts one of the servers of `peer-servers.ts` in a process of its own; it stores into `folder`. */
export async function startPeer(name: PeerName, folder: string): Promise<Peer> {
  const child = fork(new URL('./peer-servers.ts', import.meta.url), [name, folder])
  const [port] = await once(child, 'message')
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid as number,
    async stop() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
