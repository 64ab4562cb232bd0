import { describe, expect, it } from 'vitest';
import { renderText, renderValue, UnknownValueError } from './template.ts';

const values = { namespace: 'atlas', replicas: 2 };

describe('templates', () => {
  it('fill in values and leave Kubernetes’ own templates alone', () => {
    expect(renderText('-n {{namespace}} --replicas={{ replicas }} {{ index .data "k" }} {{.Name}}', values)).toBe(
      '-n atlas --replicas=2 {{ index .data "k" }} {{.Name}}',
    );
  });

  it('keep a number a number where it stands alone', () => {
    expect(
      renderValue(
        { replicas: '{{replicas}}', text: 'n={{replicas}}', list: ['{{namespace}}', 1, null], '{{namespace}}-key': true },
        values,
      ),
    ).toEqual({
      replicas: 2,
      text: 'n=2',
      list: ['atlas', 1, null],
      'atlas-key': true,
    });
  });

  it('refuse a name that nobody knows, and say where it stands', () => {
    expect(() => renderText('a {{nope}}', values)).toThrow(UnknownValueError);
    expect(() => renderValue({ a: ['{{nope}}'] }, values)).toThrow('{{nope}}');
    try {
      renderText('a\nb {{nope}}', values);
    } catch (error) {
      expect((error as UnknownValueError).offset).toBe(4);
    }
  });
});
