/** Where texts stand in OpenAI's requests and answers, and nowhere else: guards read and rewrite them without knowing the formats. */
export type TextVisitor = (text: string, role: string) => Promise<string> | string;

type Json = Readonly<Record<string, unknown>>;

/** The request with every text of its messages, prompt or input passed through the visitor, in order. */
export async function mapRequestTexts(body: Json, visit: TextVisitor): Promise<Json> {
  const mapped: Record<string, unknown> = { ...body };
  if (Array.isArray(body['messages'])) mapped['messages'] = await mapEach(body['messages'], (message) => mapMessage(message, visit));
  for (const field of ['prompt', 'input'])
    if (body[field] !== undefined) mapped[field] = await mapStrings(body[field], async (text) => visit(text, 'user'));
  return mapped;
}

/** The answer with the text of every choice passed through the visitor. Embeddings have none. */
export async function mapAnswerTexts(body: Json, visit: TextVisitor): Promise<Json> {
  if (!Array.isArray(body['choices'])) return body;
  const choices = await mapEach(body['choices'], async (choice) => {
    if (!isObject(choice)) return choice;
    if (typeof choice['text'] === 'string') return { ...choice, text: await visit(choice['text'], 'assistant') };
    return isObject(choice['message']) ? { ...choice, message: await mapMessage(choice['message'], visit, 'assistant') } : choice;
  });
  return { ...body, choices };
}

async function mapMessage(message: unknown, visit: TextVisitor, fallbackRole = 'user'): Promise<unknown> {
  if (!isObject(message)) return message;
  const role = typeof message['role'] === 'string' ? message['role'] : fallbackRole;
  const { content } = message;
  if (typeof content === 'string') return { ...message, content: await visit(content, role) };
  if (!Array.isArray(content)) return message;
  const parts = await mapEach(content, async (part) =>
    isObject(part) && typeof part['text'] === 'string' ? { ...part, text: await visit(part['text'], role) } : part,
  );
  return { ...message, content: parts };
}

async function mapStrings(value: unknown, visit: (text: string) => Promise<string>): Promise<unknown> {
  if (typeof value === 'string') return visit(value);
  return Array.isArray(value) ? mapEach(value, (item) => mapStrings(item, visit)) : value;
}

/** One after the other: placeholders are numbered in the order of the texts. */
async function mapEach(items: readonly unknown[], map: (item: unknown) => Promise<unknown>): Promise<unknown[]> {
  const mapped: unknown[] = [];
  for (const item of items) mapped.push(await map(item));
  return mapped;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
