import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AllowBlock } from '../config/config.ts'
import type { Actor } from '../web/route.ts'
import { fc } from '../web/test-chance.ts'
import { matchesAllowBlock } from './allow.ts'

const alice: Actor = { id: 'alice', role: 'editor', teams: ['harbour', 'press'], age: 5, admin: true, gone: null }

const CASES: readonly [name: string, actor: Actor | null, allow: AllowBlock, matches: boolean][] = [
  ['true is everybody', alice, true, true],
  ['true is the anonymous too', null, true, true],
  ['false is nobody', alice, false, false],
  ['false is not the anonymous either', null, false, false],
  ['a block without keys is nobody', alice, {}, false],
  ['a block without keys is not the anonymous', null, {}, false],
  ['a value', alice, { id: 'alice' }, true],
  ['another value', alice, { id: 'bob' }, false],
  ['one of a list', alice, { id: ['bob', 'alice'] }, true],
  ['none of a list', alice, { id: ['bob'] }, false],
  ['an empty list', alice, { id: [] }, false],
  ['any value', alice, { id: '*' }, true],
  ['any value of a key that the actor lacks', alice, { department: '*' }, false],
  ['any value does not mean the anonymous', null, { id: '*' }, false],
  ['a star in a list is a value like others', alice, { id: ['*'] }, false],
  ["one of the actor's list", alice, { teams: 'press' }, true],
  ["none of the actor's list", alice, { teams: 'kitchen' }, false],
  ["a list against the actor's list", alice, { teams: ['kitchen', 'harbour'] }, true],
  ['any one key is enough', alice, { id: 'bob', role: 'editor' }, true],
  ['no key is enough', alice, { id: 'bob', role: 'guest' }, false],
  ['the anonymous', null, { unauthenticated: true }, true],
  ['unauthenticated is not somebody signed in', alice, { unauthenticated: true }, false],
  ['unauthenticated: false is nobody', null, { unauthenticated: false }, false],
  ['the anonymous or alice: the anonymous', null, { unauthenticated: true, id: 'alice' }, true],
  ['the anonymous or alice: alice', alice, { unauthenticated: true, id: 'alice' }, true],
  ['a number', alice, { age: 5 }, true],
  ['the text of a number is not the number', alice, { age: '5' }, false],
  ['a boolean', alice, { admin: true }, true],
  ['a value that is null is none', alice, { gone: 'x' }, false],
  ['what every object has is not what the actor has', alice, { constructor: '*', toString: '*' }, false],
]

for (const [name, actor, allow, matches] of CASES) {
  test(`an allow block: ${name}`, () => assert.equal(matchesAllowBlock(actor, allow), matches))
}

test('no actor and no block make it throw', () => {
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean())
  const allow = fc.oneof(fc.boolean(), fc.dictionary(fc.string(), fc.oneof(scalar, fc.array(scalar))))
  const actor = fc.option(fc.dictionary(fc.string(), fc.anything()).map((claims) => ({ ...claims, id: 'x' })))
  fc.assert(fc.property(actor, allow, (who, block) => typeof matchesAllowBlock(who, block) === 'boolean'))
})
