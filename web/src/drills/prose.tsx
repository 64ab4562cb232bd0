import Markdown from 'react-markdown';
import rehypeSanitize from 'rehype-sanitize';
import remarkGfm from 'remark-gfm';
import styles from './drills.module.css';

/** Text of a script or of somebody's, sanitised. Headings become small, so that a page keeps one outline. */
export function Prose({ children }: { readonly children: string }) {
  return (
    <div className={styles['prose']}>
      <Markdown remarkPlugins={[remarkGfm]} rehypePlugins={[rehypeSanitize]} components={{ h1: 'h3', h2: 'h4', h3: 'h5' }}>
        {children}
      </Markdown>
    </div>
  );
}
