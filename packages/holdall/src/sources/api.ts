import { z } from 'zod'
import { type Api, answers } from '../web/api.ts'

const CAN = z.boolean()

export const SOURCES_API: Api = {
  summary: 'The sources that the actor may browse or upload to',
  answers: [
    answers({
      sources: z.array(
        z.object({
          slug: z.string(),
          label: z.string(),
          storage_type: z.string(),
          active: z.boolean(),
          available: z.boolean(),
          unavailable_reason: z.string().nullable(),
          can_browse: CAN,
          can_upload: CAN,
          max_file_size: z.int().describe('Bytes'),
          accept: z.array(z.string()),
          reject: z.array(z.string()),
          capabilities: z.object({
            can_upload: CAN,
            can_delete: CAN,
            can_list: CAN,
            can_generate_signed_urls: CAN,
            can_generate_thumbnails: CAN,
            requires_proxy_download: CAN,
            max_file_size: z.int(),
          }),
        }),
      ),
    }),
  ],
}
