import Markdown, { type Components } from 'react-markdown';
import rehypeSanitize from 'rehype-sanitize';
import remarkGfm from 'remark-gfm';
import { CodeBlock } from './code-block.tsx';
import { parseFence, remarkFence } from './fence.ts';
import { SANITIZE_SCHEMA } from './sanitize-schema.ts';
import styles from './step-markdown.module.css';

/** Headings stand below the step's own, whatever level the author began with. */
const COMPONENTS: Components = {
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h3>{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  ),
  pre: ({ node }) => {
    const code = node?.children[0];
    if (code?.type !== 'element') return null;
    const text = code.children.map((child) => (child.type === 'text' ? child.value : '')).join('');
    const { className, dataFence } = code.properties;
    const language = (Array.isArray(className) ? className : []).map(String).find((name) => name.startsWith('language-'));
    return (
      <CodeBlock
        text={text.replace(/\n$/, '')}
        fence={parseFence(language?.slice('language-'.length), typeof dataFence === 'string' ? dataFence : null)}
      />
    );
  },
  table: ({ children }) => (
    <div className={styles['tableFrame']} tabIndex={0} role="group" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
};

/** A lab's own words; sanitised, because labs may come from anybody. */
export function StepMarkdown({ markdown }: { readonly markdown: string }) {
  return (
    <div className={styles['markdown']}>
      <Markdown remarkPlugins={[remarkGfm, remarkFence]} rehypePlugins={[[rehypeSanitize, SANITIZE_SCHEMA]]} components={COMPONENTS}>
        {markdown}
      </Markdown>
    </div>
  );
}
