import { Title } from '@mantine/core';
import { useDocumentTitle } from '../parts/page.tsx';
import { CandidateFrame } from './candidate-frame.tsx';
import styles from './interviews.module.css';

/** A candidate who strayed from the link: nothing else here is for them. */
export function InterviewAwayPage() {
  useDocumentTitle('Interview');
  return (
    <CandidateFrame>
      <Title order={1}>Your interview is at the link that you were sent</Title>
      <p className={styles['lead']}>Open it again, and you are back where you were. There is nothing else for you here.</p>
    </CandidateFrame>
  );
}
