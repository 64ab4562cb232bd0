import { Component, type ReactNode } from 'react';
import { asApiError, type ApiError } from '../api/api-error.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';

interface Props {
  readonly children: ReactNode;
}

/** The last net: a defect in a page, or a piece of it that could not be loaded after an upgrade of the server. */
export class ErrorBoundary extends Component<Props, { readonly error: ApiError | null }> {
  override state: { readonly error: ApiError | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: ApiError } {
    return { error: asApiError(error) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <main style={{ padding: '2rem', maxWidth: '42rem', margin: '0 auto' }}>
        <ErrorNotice
          error={error}
          retryLabel="Reload the page"
          onRetry={() => {
            window.location.reload();
          }}
        />
      </main>
    );
  }
}
