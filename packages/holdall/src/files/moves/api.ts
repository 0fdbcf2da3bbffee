import { z } from 'zod'
import { type Api, answers, FORM_TYPE, JSON_TYPE, MULTIPART_TYPE, SEE_OTHER } from '../../web/api.ts'
import { FILE } from '../api.ts'

const BODY = z.object({ file: z.string().describe('The id of the file that it is now') })

export const MOVES_API = {
  take: {
    summary: 'Say where a missing file is now',
    description:
      'The file takes the place of another of its source that has its bytes, or, if its own were never read, its size and its ETag or time of the last change, and that nobody has described or used: it keeps its id, and the other goes. Nothing in the source is touched.',
    body: { [JSON_TYPE]: BODY, [FORM_TYPE]: BODY, [MULTIPART_TYPE]: BODY },
    answers: [answers({ file: z.object(FILE) }), SEE_OTHER],
  },
} satisfies Record<string, Api>
