import { createServer, type Server as HttpServer, type ServerOptions } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'

/** The largest block of request headers, so that a long filter or token is answered by us and not by Node's 431. */
export const MAX_HEADER_BYTES = 65_536
/** How long a request may take to send its headers. Bodies have an idle timer of their own, where they are read. */
export const HEADERS_TIMEOUT_MS = 60_000
/** How long requests under way may take to end after a stop is asked for. */
export const STOP_LIMIT_MS = 10_000

export interface ListeningServer {
  readonly host: string
  readonly port: number
  /** Refuses new connections and waits for the answers under way, at most STOP_LIMIT_MS. */
  close(): Promise<void>
}

type Fetch = Parameters<typeof getRequestListener>[0]

/**
 * Serves `fetch` over HTTP.
 *
 * @param port 0 lets the system pick one
 * @throws the system's error, such as EADDRINUSE
 */
export async function listen(fetch: Fetch, { port, host }: { port: number; host: string }): Promise<ListeningServer> {
  const options: ServerOptions = {
    requestTimeout: 0, // an upload may take days; a stalled body is ended where it is read
    headersTimeout: HEADERS_TIMEOUT_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: 65_000,
  }
  const server: HttpServer = createServer(options, getRequestListener(fetch, { overrideGlobalObjects: false }))
  const connections = watchConnections(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address() as AddressInfo
  return { host, port: address.port, close: () => stop(server, connections) }
}

interface Connections {
  /** Closes those on which nothing is asked, now and from now on each whose answer is out. */
  closeIdle(): void
}

/**
 * What Node's `closeIdleConnections` leaves open to the end: a connection that has asked nothing yet, as browsers open
 * them ahead, and one that is kept alive after the answer that was under way.
 */
function watchConnections(server: HttpServer): Connections {
  /** Requests that are not answered, and how many bytes had come when the last one was. */
  const watched = new Map<Socket, { open: number; read: number }>()
  let closing = false
  ;(server as Server).on('connection', (socket: Socket) => {
    watched.set(socket, { open: 0, read: 0 })
    socket.once('close', () => watched.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    const state = watched.get(socket)
    if (state === undefined) return
    state.open += 1
    response.once('close', () => {
      state.open -= 1
      state.read = socket.bytesRead
      if (closing) closeIfIdle(socket)
    })
  })

  function closeIfIdle(socket: Socket): void {
    const state = watched.get(socket)
    // What has come since is the beginning of a request.
    if (state?.open === 0 && state.read === socket.bytesRead) socket.destroySoon()
  }

  return {
    closeIdle() {
      closing = true
      for (const socket of [...watched.keys()]) closeIfIdle(socket)
    },
  }
}

async function stop(server: HttpServer, connections: Connections): Promise<void> {
  const closed = new Promise<void>((resolve) => (server as Server).close(() => resolve()))
  connections.closeIdle()
  const patience = setTimeout(() => server.closeAllConnections(), STOP_LIMIT_MS)
  await closed
  clearTimeout(patience)
}
