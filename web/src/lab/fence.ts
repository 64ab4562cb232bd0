/** How a fenced block in the instructions behaves, by the words after its language: `run`, `copy`, `reveal`, or none of them. */
export interface Fence {
  readonly language: string | null;
  readonly run: boolean;
  readonly copy: boolean;
  readonly reveal: boolean;
}

/** Words that mean nothing here are let be; labs are checked for them when they are loaded. */
export function parseFence(language: string | null | undefined, meta: string | null | undefined): Fence {
  const words = new Set((meta ?? '').split(/\s+/));
  return {
    language: language === undefined || language === '' ? null : language,
    run: words.has('run'),
    copy: words.has('copy'),
    reveal: words.has('reveal'),
  };
}

interface MarkdownNode {
  type: string;
  meta?: string | null;
  lang?: string | null;
  children?: MarkdownNode[];
  data?: { hProperties?: Record<string, unknown> };
}

/**
 * A remark plugin that carries the words over to the HTML tree as an attribute, where they would be lost otherwise. The sanitiser has to
 * let `dataFence` through.
 */
export function remarkFence(): (tree: MarkdownNode) => void {
  const visit = (node: MarkdownNode): void => {
    if (node.type === 'code' && typeof node.meta === 'string' && node.meta !== '') {
      node.data = { ...node.data, hProperties: { ...node.data?.hProperties, dataFence: node.meta } };
    }
    node.children?.forEach(visit);
  };
  return visit;
}
