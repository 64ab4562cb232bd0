import { describe, expect, it } from 'vitest';
import { withoutTitle } from './step-title.ts';

describe('withoutTitle', () => {
  it.each([
    ['# Deploy it\n\nText', 'Deploy it', '\nText'],
    ['\n# deploy IT #\r\nText', 'Deploy it', 'Text'],
    ['# Deploy it', 'Deploy it', ''],
    ['# Something else\nText', 'Deploy it', '# Something else\nText'],
    ['## Deploy it\nText', 'Deploy it', '## Deploy it\nText'],
    ['Text\n# Deploy it', 'Deploy it', 'Text\n# Deploy it'],
  ])('%j', (markdown, title, expected) => expect(withoutTitle(markdown, title)).toBe(expected));
});
