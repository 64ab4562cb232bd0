import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { z } from 'zod';
import { createQueryClient } from '../api/query-client.ts';
import { ErrorBoundary } from '../shell/error-boundary.tsx';
import '../shell/mantine-styles.ts';
import '../shell/global.css';
import { colorSchemeManager, cssVariablesResolver, theme } from '../shell/theme.ts';
import { PreviewPage } from './preview-page.tsx';

// The content security policy forbids `new Function`, which zod would compile its parsers with.
z.config({ jitless: true });

const root = document.getElementById('root');
if (root === null) throw new Error('preview.html has no element with the id "root".');
createRoot(root).render(
  <MantineProvider
    theme={theme}
    defaultColorScheme="auto"
    colorSchemeManager={colorSchemeManager}
    cssVariablesResolver={cssVariablesResolver}
  >
    <QueryClientProvider client={createQueryClient()}>
      <Notifications position="bottom-right" limit={4} />
      <ErrorBoundary>
        <PreviewPage />
      </ErrorBoundary>
    </QueryClientProvider>
  </MantineProvider>,
);
