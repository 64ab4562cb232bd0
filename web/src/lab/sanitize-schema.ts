import { defaultSchema, type Options } from 'rehype-sanitize';

/** What GitHub allows in Markdown, plus the words of a fenced block. */
export const SANITIZE_SCHEMA: Options = {
  ...defaultSchema,
  attributes: { ...defaultSchema.attributes, code: [...(defaultSchema.attributes?.['code'] ?? []), 'dataFence'] },
};
