import type { Invitation } from '../../../server/contract/people.ts';
import { Instant } from '../parts/instant.tsx';
import { showOnce } from '../parts/shown-once.tsx';

export function openInvitationLink({ person, link, expiresAt }: Invitation): void {
  showOnce({
    title: `Link for ${person.name}`,
    label: 'Link',
    value: link,
    text: (
      <>
        Send it to {person.email}. It is shown only now, works once, and ends <Instant at={expiresAt} />. If it is lost, make a new one.
      </>
    ),
  });
}
