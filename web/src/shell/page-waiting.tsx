import { Waiting } from '../parts/waiting.tsx';

/** Stands in while a page's own code is on its way. */
export function PageWaiting() {
  return (
    <div style={{ padding: '2rem', width: '100%', maxWidth: '76rem', margin: '0 auto' }}>
      <Waiting what="the page" />
    </div>
  );
}
