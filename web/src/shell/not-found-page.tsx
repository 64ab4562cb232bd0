import { Link } from 'react-router';
import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';

export function NotFoundPage() {
  return (
    <Page title="Nothing here" width="narrow">
      <EmptyState title="There is no page at this address" action={<Link to="/">Go to your start page</Link>}>
        The link may be old, or part of it may be missing.
      </EmptyState>
    </Page>
  );
}
