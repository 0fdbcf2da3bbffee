import assert from 'node:assert/strict'
import { lookup } from 'node:dns'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { allowedHosts } from './addresses.ts'
import { createOutgoing, MAX_REDIRECTS, type Outgoing, type OutgoingOptions } from './fetch.ts'
import { createGuard, type LookupAll } from './guard.ts'

const ATTEMPTS = 10

const servers: (Server | TcpServer)[] = []
const made: Outgoing[] = []
after(async () => {
  for (const outgoing of made) await outgoing.close()
  for (const server of servers) {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  }
})

function outgoing(options: OutgoingOptions = { allowPrivate: ['127.0.0.1'] }): Outgoing {
  const one = createOutgoing(options)
  made.push(one)
  return one
}

async function serve(answer: RequestListener): Promise<{ port: number; url: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    answer(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}`, seen }
}

/** A resolver that says something else each time; the last answer stays. */
function answering(...answers: string[]): LookupAll & { asked: string[] } {
  const asked: string[] = []
  const resolve: LookupAll = (hostname, _options, done) => {
    asked.push(hostname)
    const address = (answers.length > 1 ? answers.shift() : answers[0]) as string
    setImmediate(done, null, [{ address, family: address.includes(':') ? 6 : 4 }])
  }
  return Object.assign(resolve, { asked })
}

const refusal = { code: 'address_refused' }

describe('where requests may go', () => {
  let inside: Awaited<ReturnType<typeof serve>>
  before(async () => {
    inside = await serve((_request, response) => response.end('secret'))
  })

  test('nothing written as an address inside is asked, however it is written', async () => {
    const { port } = inside
    const { fetch } = outgoing({})
    for (const host of [
      '127.0.0.1',
      '127.1',
      '2130706433',
      '017700000001',
      '0177.0.0.1',
      '0x7f000001',
      '0x7f.0.0.1',
      '%31%32%37.0.0.1',
      '127。0。0。1',
      '①②⑦.0.0.1',
      '127.0.0.1.',
      '0.0.0.0',
      '0',
      '[::]',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[::127.0.0.1]',
      '[64:ff9b::7f00:1]',
      '10.0.0.1',
      '169.254.169.254',
      '[fd00:ec2::254]',
      '[fe80::1]',
    ]) {
      for (const method of ['GET', 'HEAD']) {
        await assert.rejects(fetch(`http://${host}:${port}/`, { method }), refusal, `${method} ${host}`)
      }
    }
    assert.equal(inside.seen.length, 0)
  })

  test('nor a name that leads inside', async () => {
    const { fetch } = outgoing({ lookup })
    await assert.rejects(fetch(`http://localhost:${inside.port}/`), refusal)
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.1.2.3', '169.254.169.254', '64:ff9b::7f00:1']) {
      const { fetch } = outgoing({ lookup: answering(address) })
      await assert.rejects(fetch(`http://files.example:${inside.port}/`), refusal, address)
    }
    assert.equal(inside.seen.length, 0)
  })

  test('a name that answers otherwise when it is used than when it was looked at is refused', async () => {
    const rebinding = answering('192.0.2.1', '127.0.0.1')
    const { fetch } = outgoing({ lookup: rebinding, allowPrivate: ['192.0.2.1'], connectLimitMs: 300 })
    // The first answer may be used: nobody is there. The second is loopback, where somebody is.
    await assert.rejects(fetch(`http://rebinding.example:${inside.port}/`), (error: NodeJS.ErrnoException) => {
      assert.notEqual(error.code, 'address_refused')
      return true
    })
    await assert.rejects(fetch(`http://rebinding.example:${inside.port}/`), refusal)
    assert.deepEqual(rebinding.asked, ['rebinding.example', 'rebinding.example'])
    assert.equal(inside.seen.length, 0)
  })

  test('of several addresses only those are used that may be', async () => {
    const mixed: LookupAll = (_hostname, _options, done) =>
      done(null, [
        { address: '127.0.0.2', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ])
    const { fetch } = outgoing({ lookup: mixed, allowPrivate: ['127.0.0.1'] })
    const answer = await fetch(`http://files.example:${inside.port}/`)
    assert.equal(await answer.text(), 'secret')
    assert.equal(inside.seen.at(-1)?.socket.localAddress, '127.0.0.1')
  })

  test('what is allowed by name is asked, by that name alone', async () => {
    const { fetch } = outgoing({ lookup: answering('127.0.0.1'), allowPrivate: ['files.intranet'] })
    assert.equal(await (await fetch(`http://files.intranet:${inside.port}/`)).text(), 'secret')
    await assert.rejects(fetch(`http://other.intranet:${inside.port}/`), refusal)
    await assert.rejects(fetch(`http://127.0.0.1:${inside.port}/`), refusal)
  })

  test('http and https alone, without a user in the address', async () => {
    const { fetch } = outgoing()
    for (const address of [
      'file:///etc/passwd',
      'ftp://127.0.0.1/',
      'data:text/plain,x',
      'gopher://127.0.0.1/',
      `http://user:password@127.0.0.1:${inside.port}/`,
      `http://user@127.0.0.1:${inside.port}/`,
    ]) {
      await assert.rejects(fetch(address), refusal, address)
    }
  })

  test('the refusal says what to do and not where the name leads', async () => {
    const { fetch } = outgoing({ lookup: answering('10.20.30.40') })
    await assert.rejects(fetch('http://db.internal.example/'), (error: Error) => {
      assert.match(error.message, /db\.internal\.example.*settings\.allow_private_hosts/)
      assert.doesNotMatch(error.message, /10\.20/)
      assert.match(String(error.cause), /10\.20\.30\.40/)
      return true
    })
  })
})

describe('redirects', () => {
  test('are followed, each checked like the first', async () => {
    const inside = await serve((_request, response) => response.end('secret'))
    const target = await serve((_request, response) => response.end('here'))
    const { url } = await serve((request, response) => {
      const to = new URL(request.url as string, 'http://x').searchParams.get('to') as string
      response.writeHead(302, { location: to }).end('moved')
    })
    const { fetch } = outgoing({ allowPrivate: ['127.0.0.1'], lookup: answering('127.0.0.2') })
    const answer = await fetch(`${url}/?to=${encodeURIComponent(`${target.url}/a`)}`)
    assert.equal(await answer.text(), 'here')
    assert.equal(answer.url, `${target.url}/a`)
    for (const to of [
      `http://[::1]:${inside.port}/`,
      `http://inside.example:${inside.port}/`,
      'http://169.254.169.254/latest/meta-data/',
      'file:///etc/passwd',
      `http://user:password@127.0.0.1:${inside.port}/`,
      'http://[',
    ]) {
      await assert.rejects(fetch(`${url}/?to=${encodeURIComponent(to)}`), refusal, to)
      await assert.rejects(fetch(`${url}/?to=${encodeURIComponent(to)}`, { method: 'HEAD' }), refusal, to)
    }
    assert.equal(inside.seen.length, 0)
  })

  test('never leave https', () => {
    const { redirect } = createGuard(allowedHosts([]))
    const from = new URL('https://files.example/a/b')
    assert.equal(redirect(from, '../c?d').href, 'https://files.example/c?d')
    assert.equal(redirect(from, 'https://other.example').href, 'https://other.example/')
    assert.equal(redirect(new URL('http://files.example'), 'https://other.example').href, 'https://other.example/')
    for (const location of ['http://files.example/a/b', 'HTTP://other.example', 'ws://other.example', '//10.0.0.1/'])
      assert.throws(() => redirect(from, location), refusal, location)
  })

  test('end after so many', async () => {
    const { url, seen } = await serve((request, response) => {
      const left = Number((request.url as string).slice(1))
      if (left === 0) response.end('arrived')
      else response.writeHead(307, { location: `/${left - 1}` }).end()
    })
    const { fetch } = outgoing()
    assert.equal(await (await fetch(`${url}/${MAX_REDIRECTS}`)).text(), 'arrived')
    seen.length = 0
    await assert.rejects(fetch(`${url}/${MAX_REDIRECTS + 1}`), refusal)
    assert.equal(seen.length, MAX_REDIRECTS + 1)
  })

  test('tell another server no secrets and send nothing twice', async () => {
    const other = await serve((_request, response) => response.end())
    const { url, seen } = await serve((request, response) => {
      if (request.url === '/here') response.end()
      else response.writeHead(302, { location: request.url === '/' ? other.url : '/here' }).end()
    })
    const { fetch } = outgoing()
    const headers = { authorization: 'Bearer x', cookie: 'a=b', 'x-api-key': 'y', range: 'bytes=1-2' }
    await fetch(url, { headers })
    const told = other.seen[0]?.headers ?? {}
    for (const secret of ['authorization', 'cookie', 'x-api-key']) assert.equal(told[secret], undefined, secret)
    assert.equal(told.range, 'bytes=1-2')
    await fetch(`${url}/same`, { headers })
    assert.equal(seen.at(-1)?.headers.authorization, 'Bearer x')
    await assert.rejects(fetch(url, { method: 'POST', body: 'x' }), refusal)
    const manual = await fetch(url, { redirect: 'manual' })
    assert.equal(manual.status, 302)
    await manual.body?.cancel()
  })

  test('may be written in UTF-8', async () => {
    const { url, seen } = await serve((request, response) => {
      if (request.url !== '/') return response.end('here')
      response.setHeader('location', Buffer.from('/文字.txt').toString('latin1'))
      return response.writeHead(302).end()
    })
    assert.equal(await (await outgoing().fetch(url)).text(), 'here')
    assert.equal(decodeURIComponent(seen[1]?.url as string), '/文字.txt')
  })

  test('set no cookies', async () => {
    const { url, seen } = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/next', 'set-cookie': 'session=1' }).end()
      else response.end()
    })
    await outgoing().fetch(url)
    assert.equal(seen.length, 2)
    assert.equal(seen[1]?.headers.cookie, undefined)
  })
})

describe('answers', () => {
  test('bytes come as they were sent, and nothing asks for others', async () => {
    const coded = gzipSync('plain')
    const { url, seen } = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': coded.length }).end(coded)
    })
    const answer = await outgoing().fetch(url)
    assert.equal(answer.headers.get('content-encoding'), 'gzip')
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(coded))
    assert.equal(seen[0]?.headers['accept-encoding'], 'identity')
  })

  test('a body is sent', async () => {
    const { url } = await serve((request, response) => request.pipe(response))
    const { fetch } = outgoing()
    assert.equal(await (await fetch(url, { method: 'PUT', body: 'round trip' })).text(), 'round trip')
    assert.equal(await (await fetch(new Request(url, { method: 'POST', body: 'again' }))).text(), 'again')
  })

  test('a server that does not answer, or stops, is given up', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/stops') response.writeHead(200).write('some')
    })
    const allowPrivate = ['127.0.0.1']
    const unanswered = outgoing({ allowPrivate, answerLimitMs: 200 }).fetch(url)
    await assert.rejects(unanswered, { code: 'UND_ERR_HEADERS_TIMEOUT' })
    const stops = await outgoing({ allowPrivate, stallLimitMs: 200 }).fetch(`${url}/stops`)
    await assert.rejects(stops.text(), { code: 'UND_ERR_BODY_TIMEOUT' })
  })

  test('a reader that takes its time is not', async () => {
    const { url } = await serve((_request, response) => {
      response.end(Buffer.alloc(8 * 1024 * 1024))
    })
    const { fetch } = outgoing({ allowPrivate: ['127.0.0.1'], stallLimitMs: 200 })
    // Where this process itself stands still for so long, its server stops: one time that it did not shows it.
    for (let attempt = 1; ; attempt += 1) {
      const standstill = watchStandstill()
      const reader = ((await fetch(url)).body as ReadableStream<Uint8Array>).getReader()
      await reader.read()
      await sleep(1_500)
      let size = 0
      try {
        for (let next = await reader.read(); !next.done; next = await reader.read()) size += next.value.byteLength
        assert.ok(size > 7 * 1024 * 1024)
        return
      } catch (error) {
        if (standstill.longest() < 100 || attempt === ATTEMPTS) throw error
      } finally {
        standstill.stop()
      }
    }
  })

  test('a body that breaks off is an error, and one that is given up closes its connection', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes!')
        setTimeout(() => socket.destroy(), 50)
      })
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { fetch } = outgoing()
    const broken = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await assert.rejects(broken.text())

    const endless = await serve((_request, response) => {
      response.writeHead(200).write('x')
    })
    const given = await fetch(endless.url)
    await given.body?.cancel()
    const abort = new AbortController()
    const aborted = await fetch(endless.url, { signal: abort.signal })
    abort.abort(new Error('enough'))
    await assert.rejects(aborted.text(), /enough/)
    await assert.rejects(fetch(endless.url, { signal: AbortSignal.abort(new Error('never')) }), /never/)
    await soonClosed(endless.seen)
  })

  test('an answer that is let go is closed even when it never ends', async () => {
    const endless = await serve((request, response) => {
      if (request.url === '/next') response.end('there')
      else response.writeHead(302, { location: '/next' }).write('x')
    })
    assert.equal(await (await outgoing().fetch(endless.url)).text(), 'there')
    await soonClosed(endless.seen.slice(0, 1))
  })

  test('two hundred answers and a hundred redirects take a few connections', async () => {
    const sockets = new Set<unknown>()
    const { url } = await serve((request, response) => {
      sockets.add(request.socket)
      if (request.url === '/moved') response.writeHead(302, { location: '/there' }).end('moved')
      else response.end('something')
    })
    const { fetch } = outgoing()
    for (let time = 0; time < 100; time += 1) {
      await (await fetch(url)).text()
      await (await fetch(`${url}/moved`)).text()
    }
    assert.ok(sockets.size <= 5, `${sockets.size} connections`)
  })

  test('a server that refuses is the system’s error', async () => {
    const { port } = await serve(() => {})
    const closed = servers.pop() as Server
    await new Promise((resolve) => closed.close(resolve))
    await new Promise<void>((resolve) => connect(port, '127.0.0.1').once('error', () => resolve()))
    await assert.rejects(outgoing().fetch(`http://127.0.0.1:${port}/`), { code: 'ECONNREFUSED' })
  })
})

/** How long nothing of this process had its turn, in milliseconds. */
function watchStandstill() {
  let last = performance.now()
  let longest = 0
  const look = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  const looking = setInterval(look, 10)
  return {
    longest() {
      look()
      return longest
    },
    stop: () => clearInterval(looking),
  }
}

async function soonClosed(requests: readonly IncomingMessage[]): Promise<void> {
  for (let waited = 0; waited < 3_000 && requests.some(({ socket }) => !socket.destroyed); waited += 20) await sleep(20)
  assert.deepEqual(
    requests.map(({ socket }) => socket.destroyed),
    requests.map(() => true),
  )
}
