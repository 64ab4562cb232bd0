import { describe, expect, it } from 'vitest';
import { asApiError, fromRefusal } from './api-error.ts';

describe('fromRefusal', () => {
  it('keeps what the server said', () => {
    const error = fromRefusal(429, {
      error: { code: 'TooManyRequests', message: 'Too many tries.', remedy: 'Wait a minute.', retryAfterSeconds: 60, requestId: 'r1' },
    });
    expect(error).toMatchObject({
      code: 'TooManyRequests',
      message: 'Too many tries.',
      remedy: 'Wait a minute.',
      retryAfterSeconds: 60,
      requestId: 'r1',
    });
  });

  it('names the field an issue belongs to', () => {
    const error = fromRefusal(400, {
      error: { code: 'InvalidRequest', message: 'No.', issues: [{ path: 'email', message: 'Not an address' }] },
    });
    expect(error.issueAt('email')).toBe('Not an address');
    expect(error.issueAt('name')).toBeNull();
  });

  it.each([null, '<html>', { error: { code: 'Nonsense', message: 'x' } }, { message: 'x' }])(
    'turns %j into an unexpected answer with a next step',
    (body) => {
      const error = fromRefusal(502, body);
      expect(error.code).toBe('UnexpectedAnswer');
      expect(error.message).toContain('502');
      expect(error.remedy).not.toBe('');
    },
  );
});

describe('asApiError', () => {
  it('wraps anything else and keeps the cause', () => {
    const cause = new TypeError('boom');
    expect(asApiError(cause)).toMatchObject({ code: 'UnexpectedAnswer', cause });
  });
});
