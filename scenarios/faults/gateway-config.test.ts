import { expect, test } from 'vitest';
import { GatewayConfigText, withoutEdits } from './gateway-config.ts';

const original = 'model_list: []\nrouter_settings:\n  num_retries: 2\n';
/** Each would end or hold up a process that reads it without a second look. */
const hostile = [`a: ${'['.repeat(5_000)}`, `${'- '.repeat(20_000)}x`, `a: ${'!x '.repeat(200_000)}`];

test('what a fault set is taken back, whatever else was changed since', () => {
  const edited = new GatewayConfigText(original);
  edited.set(['router_settings', 'num_retries'], 9);
  const since = `${edited.toString()}# a trainee was here\n`;
  expect(withoutEdits(original, edited, since)).toBe(`${original}# a trainee was here\n`);
});

test.each(hostile)('a configuration that was written to do harm is no configuration, and is replaced', (text) => {
  expect(() => new GatewayConfigText(text)).toThrow('its configuration cannot be read');
  expect(withoutEdits(original, new GatewayConfigText(original), text)).toBe(original);
});
