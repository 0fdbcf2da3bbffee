import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesAny } from './accept.ts'
import { checkClaim, checkContent, checkSize, type SourceRules } from './validation.ts'

const rules: SourceRules = { accept: [], reject: [], maxFileSize: 100, onTypeMismatch: 'record' }
const images: SourceRules = { ...rules, accept: ['image/*', '.pdf'], reject: ['image/svg+xml', '.exe'] }

test('types match by their bare form, extensions by the end of the name', () => {
  const yes: [string, string, string?][] = [
    ['image/*', 'a', 'image/png'],
    ['image/png', 'a', 'IMAGE/PNG; q=1'],
    ['*/*', 'a', undefined],
    ['.pdf', 'A.PDF', undefined],
    ['.tar.gz', 'a.tar.gz', undefined],
  ]
  for (const [entry, filename, contentType] of yes) assert.ok(matchesAny([entry], { filename, contentType }), entry)
  const no: [string, string, string?][] = [
    ['image/*', 'a.png', undefined],
    ['image/*', 'a', 'imagery/png'],
    ['image/png', 'a', 'text/html;image/png'],
    ['.pdf', 'pdf', undefined],
    ['.pdf', 'a.pdf.exe', undefined],
  ]
  for (const [entry, filename, contentType] of no) assert.ok(!matchesAny([entry], { filename, contentType }), entry)
})

test('the limit is taken, one past it is not', () => {
  checkSize(rules, 0)
  checkSize(rules, 100)
  assert.throws(() => checkSize(rules, 101), { code: 'file_too_large', status: 413 })
  assert.throws(() => checkClaim(rules, { filename: 'a', size: 101 }), { code: 'file_too_large' })
})

test('a claim is refused for what it says, not for what it leaves open', () => {
  for (const claim of [
    { filename: 'a.png', declaredType: 'image/png' },
    { filename: 'a', declaredType: undefined },
    { filename: 'a', declaredType: 'application/octet-stream' },
    { filename: 'a.PDF', declaredType: 'application/x-pdf' },
  ]) {
    checkClaim(images, claim)
  }
  assert.throws(() => checkClaim(images, { filename: 'a', declaredType: 'text/plain' }), { code: 'type_not_accepted' })
  assert.throws(() => checkClaim(images, { filename: 'a', declaredType: 'image/svg+xml' }), { code: 'type_rejected' })
  assert.throws(() => checkClaim(images, { filename: 'a.exe' }), { code: 'type_rejected' })
  assert.throws(() => checkClaim({ ...rules, accept: ['.pdf'] }, { filename: 'a.txt' }), { code: 'type_not_accepted' })
})

test('the bytes have the last word', () => {
  const jpeg = { filename: 'a.bin', contentType: 'image/jpeg', declaredType: 'text/plain', contradicts: true }
  checkContent(images, jpeg)
  assert.throws(() => checkContent({ ...images, onTypeMismatch: 'refuse' }, jpeg), { code: 'type_mismatch' })
  checkContent({ ...images, onTypeMismatch: 'refuse' }, { ...jpeg, contradicts: false })
  assert.throws(() => checkContent(images, { ...jpeg, contentType: 'text/html' }), { code: 'type_not_accepted' })
  assert.throws(() => checkContent(images, { ...jpeg, contentType: 'image/svg+xml' }), { code: 'type_rejected' })
})
