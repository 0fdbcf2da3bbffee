import type { Permissions } from '../../access/permissions.ts'
import type { AllowBlock } from '../../config/config.ts'
import { sourceResource } from '../sources.ts'
import type { WrittenSource } from '../written.ts'
import { ASKED, whoOf } from './who.ts'

/** More are not asked for: the page names them. */
const MOST = 50

/** The people to whom a source's own block gives uploading, and who may not see what is there, whoever lets them. */
export async function uploadUnseen(
  slug: string,
  { allow }: Pick<WrittenSource, 'allow'>,
  permissions: Permissions,
): Promise<readonly string[]> {
  const unseen: string[] = []
  for (const id of namesOf(allow, ASKED.upload).slice(0, MOST)) {
    const may = (action: 'files-upload' | 'files-browse') => permissions.allowed({ id }, action, sourceResource(slug))
    if ((await may('files-upload')) && !(await may('files-browse'))) unseen.push(id)
  }
  return unseen
}

/** The source's own block with these people among those who may see. */
export function letSee({ allow }: Pick<WrittenSource, 'allow'>, names: readonly string[]): Record<string, AllowBlock> {
  const all = [...new Set([...namesOf(allow, ASKED.browse), ...names])]
  return { ...(allow as Readonly<Record<string, AllowBlock>> | undefined), [ASKED.browse]: { id: all } }
}

function namesOf(allow: unknown, action: string): string[] {
  const { who, people } = whoOf((allow as Readonly<Record<string, AllowBlock>> | undefined)?.[action])
  return who === 'people' ? people.split(',').map((name) => name.trim()) : []
}
