import 'rapidoc';
import { useComputedColorScheme } from '@mantine/core';
import { createElement } from 'react';
import { Page } from '../parts/page.tsx';
import styles from './tokens.module.css';

/** RapiDoc draws in a shadow root, where the page's own variables of colour do not reach all that it computes from them. */
const COLOURS = {
  light: { 'bg-color': '#ffffff', 'text-color': '#1a1f27', 'primary-color': '#364fc7' },
  dark: { 'bg-color': '#14171d', 'text-color': '#d7dbe2', 'primary-color': '#91a7ff' },
} as const;

/** The description that the server makes of its own routes. */
export function ApiDocsPage() {
  const scheme = useComputedColorScheme('light');
  return (
    <Page
      title="The API"
      width="wide"
      lead={
        <>
          What the pages do, a program can do with a token, sent as <code>Authorization: Bearer …</code>. For tools there is the same as{' '}
          <a href="/api/openapi.json">OpenAPI 3.1</a>.
        </>
      }
    >
      <div className={styles['docs']}>
        {createElement('rapi-doc', {
          'spec-url': '/api/openapi.json',
          theme: scheme,
          ...COLOURS[scheme],
          'render-style': 'view',
          'load-fonts': 'false',
          'regular-font': 'inherit',
          'show-header': 'false',
          'show-info': 'false',
          'allow-try': 'false',
          'allow-authentication': 'false',
          'allow-server-selection': 'false',
          'allow-advanced-search': 'false',
          'schema-style': 'table',
        })}
      </div>
    </Page>
  );
}
