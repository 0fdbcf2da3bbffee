import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import type { Finding } from 'holdall/plugin'
import { runCommand } from 'holdall/testing'
import { parse } from 'yaml'
import { OTHER_USER } from '../../tools/services/s3.ts'
import { s3api, wordsOf } from './aws.ts'
import type { TestBucket } from './ceph.ts'

export interface Examined {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** With `--json`. */
  readonly findings: readonly (Finding & { readonly source: string })[]
}

/** A configuration that a test changes as its reader would, and what `holdall doctor` says of it. */
export interface Patient {
  readonly settings: Record<string, unknown>
  /** Of the source `patient`. */
  readonly config: Record<string, unknown>
  readonly env: Record<string, string>
  examine(...args: string[]): Promise<Examined>
  /** The same in a process of its own, begun by these words. */
  elsewhere(words: readonly string[], ...args: string[]): Promise<Examined>
}

export function createPatient(
  folder: string,
  storage: string,
  config: Readonly<Record<string, unknown>>,
  { signal = new AbortController().signal, whole }: { readonly signal?: AbortSignal; readonly whole?: object } = {},
): Patient {
  const file = join(folder, 'holdall.json')
  function write(): string[] {
    const sources = { patient: { storage, config: patient.config } }
    writeFileSync(file, JSON.stringify(whole ?? { settings: patient.settings, sources }))
    return ['doctor', '-c', file, '--data', join(folder, 'data')]
  }
  const patient: Patient = {
    settings: {},
    config: { ...config },
    env: {},
    async examine(...args) {
      let [stdout, stderr] = ['', '']
      const code = await runCommand([...write(), ...args], {
        stdout: { write: (text) => (stdout += text) },
        stderr: { write: (text) => (stderr += text) },
        env: patient.env,
        signal,
      })
      return { code, stdout, stderr, findings: args.includes('--json') ? findingsIn(stdout) : [] }
    },
    async elsewhere(words, ...more) {
      const [program = '', ...args] = [...words, process.execPath, COMMAND, ...write(), '--json', ...more]
      const env = { ...process.env, ...patient.env }
      return await new Promise((resolve) => {
        execFile(program, args, { env }, (error, stdout, stderr) => {
          resolve({ code: Number(error?.code ?? 0), stdout, stderr, findings: findingsIn(stdout) })
        })
      })
    },
  }
  return patient
}

const COMMAND = fileURLToPath(new URL('../../packages/holdall/bin/holdall.js', import.meta.url))

function findingsIn(stdout: string): Examined['findings'] {
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'finding')
}

/** The one finding of that check that is not in order. */
export function troubleOf({ findings, stderr }: Examined, check: string): Finding {
  const found = findings.filter((finding) => finding.check === check && finding.status !== 'ok')
  assert.equal(found.length, 1, `${check} of ${JSON.stringify(findings, null, 1)} ${stderr}`)
  return found[0] as Finding
}

export function assertGreen({ code, findings, stderr }: Examined): void {
  assert.deepEqual(
    findings.filter(({ status }) => status !== 'ok'),
    [],
  )
  assert.deepEqual([code, stderr], [0, ''])
  assert.ok(findings.length > 0)
}

/**
 * Does what is printed, and nothing else: a command of the AWS CLI by the SDK, which has the same names and shapes; lines
 * for the configuration; a policy; a command of the shell.
 */
export async function apply(fix: string | undefined, patient: Patient, bucket?: TestBucket): Promise<void> {
  assert.ok(fix !== undefined, 'nothing is printed')
  const aws = /^aws s3api [\s\S]*$/m.exec(fix)?.[0]
  const [first = '', ...rest] = fix.split('\n')
  if (aws !== undefined) await s3api((bucket as TestBucket).client, wordsOf(aws).slice(2))
  else if (/^In the config of this source/.test(first)) Object.assign(patient.config, parse(rest.join('\n')))
  else if (/in the configuration file:$/.test(first)) Object.assign(patient.settings, parse(rest.join('\n')).settings)
  else if (/^Add this to the policy/.test(first)) await allow(JSON.parse(rest.join('\n')), bucket as TestBucket)
  else if (/^(chmod|chown|mkdir|mv|rm|umount) /.test(fix)) execFileSync('sh', ['-ec', fix])
  else assert.fail(`nothing that could be done: ${fix}`)
}

interface Policy {
  readonly Version: string
  readonly Statement: readonly Record<string, unknown>[]
}

/** What a policy of a user allows, a policy of a bucket allows that user. */
export async function allow({ Version, Statement }: Policy, bucket: TestBucket): Promise<void> {
  const Bucket = bucket.name
  const there = await bucket.client.send(new GetBucketPolicyCommand({ Bucket })).catch(() => undefined)
  const before: Policy['Statement'] = JSON.parse(there?.Policy ?? '{"Statement":[]}').Statement
  const Principal = { AWS: [`arn:aws:iam:::user/${OTHER_USER}`] }
  const added = Statement.map((statement) => ({ ...statement, Principal }))
  const Policy = JSON.stringify({ Version, Statement: [...before, ...added] })
  await bucket.client.send(new PutBucketPolicyCommand({ Bucket, Policy }))
}
