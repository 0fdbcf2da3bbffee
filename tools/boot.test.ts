import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, test } from 'node:test'

const workspace = mkdtempSync(join(tmpdir(), 'holdall-boot-'))
after(() => rmSync(workspace, { recursive: true }))
mkdirSync(join(workspace, 'tools'))
// npm makes none where nothing is to be installed.
mkdirSync(join(workspace, 'node_modules'))
cpSync(join(import.meta.dirname, 'boot.mjs'), join(workspace, 'tools', 'boot.mjs'))
writeFileSync(join(workspace, 'package.json'), '{"name": "w", "version": "1.0.0", "private": true}')
writeLockfile('1.0.0')
writeFileSync(
  join(workspace, 'tools', 'check.ts'),
  `const told: string = [...process.argv.slice(2), process.env.PATH].join('\\n')
console.log(told)
process.exitCode = 7`,
)

/** npm keeps a lockfile's version of the workspace as it is, so another version is another lockfile. */
function writeLockfile(version: string): void {
  const lockfile = { name: 'w', version, lockfileVersion: 3, packages: { '': { name: 'w', version } } }
  writeFileSync(join(workspace, 'package-lock.json'), JSON.stringify(lockfile))
}

function boot(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(workspace, 'tools', 'boot.mjs'), ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('it installs first, then only when the lockfile changed, and says so', () => {
  assert.match(boot('check').stdout, /^Installing npm packages \(first run\) …\n[\s\S]*Installed in \d+\.\d s\.\n/)
  assert.doesNotMatch(boot('check').stdout, /npm packages/)
  writeLockfile('1.0.1')
  const { stdout } = boot('check')
  assert.match(stdout, /npm packages/)
  assert.doesNotMatch(boot('check').stdout, /npm packages/)
})

test('the command gets the arguments, the Node that was chosen on its PATH, and the last word', () => {
  const { status, stdout } = boot('check', '--long', 'a b')
  const [first, second, path = ''] = stdout.trim().split('\n')
  assert.deepEqual([status, first, second], [7, '--long', 'a b'])
  assert.equal(path.split(delimiter)[0], dirname(process.execPath))
})

test('a lockfile that npm cannot install from is said, and nothing is started', () => {
  writeFileSync(
    join(workspace, 'package.json'),
    '{"name": "w", "dependencies": {"nothing-here": "file:./missing.tgz"}}',
  )
  writeLockfile('1.0.2')
  const { status, stdout, stderr } = boot('check')
  assert.equal(status, 1)
  assert.match(stderr, /npm could not install the packages \(exit status \d+\)/)
  assert.doesNotMatch(stdout, /Installed/)
})

test('npm start says how it is used, and installs and starts nothing for it', () => {
  const fresh = mkdtempSync(join(workspace, 'fresh-'))
  mkdirSync(join(fresh, 'tools'))
  cpSync(join(import.meta.dirname, 'boot.mjs'), join(fresh, 'tools', 'boot.mjs'))
  for (const given of [['--help'], ['my.db', '--port', '8003', '--help']]) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(fresh, 'tools', 'boot.mjs'), 'start', ...given],
      { encoding: 'utf8' },
    )
    assert.deepEqual([status, stderr], [0, ''])
    for (const word of ['my.db [--files FOLDER', '--sample FOLDER', '--port N', 'npx holdall serve --help']) {
      assert.ok(stdout.includes(word), `${word} in:\n${stdout}`)
    }
  }
})

test('a command that there is not is wrong usage', () => {
  for (const command of [[], ['serve'], ['toString']]) {
    const { status, stderr } = boot(...command)
    assert.equal(status, 2)
    assert.match(stderr, /Usage: node tools\/boot\.mjs start \| test \| check \| bench/)
  }
})
