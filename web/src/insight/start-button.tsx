import { Button } from '@mantine/core';
import { Link } from 'react-router';
import type { Start } from '../../../server/contract/insight.ts';
import { openStartLab } from './start-lab.tsx';

/** Begins what is needed: a lab's incident, or the way to a certificate. */
export function StartButton({ start }: { readonly start: Start | null }) {
  if (start === null) return null;
  if (start.kind === 'certificate')
    return (
      <Button component={Link} to="/certificates" size="compact-sm" variant="default">
        See the certificate
      </Button>
    );
  return (
    <Button
      size="compact-sm"
      variant="default"
      onClick={() => {
        openStartLab(start.slug);
      }}
      aria-label={`Start ${start.title}`}
    >
      Start the lab
    </Button>
  );
}
