/** Names under which browsers offer WebGL without a graphics card behind it. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

let answer: boolean | null = null;

/**
 * Whether drawing by WebGL pays: done in software it is slower than the DOM, and it takes the processor that the page needs. Asked once,
 * since asking costs a graphics context.
 */
export function hasGraphicsHardware(): boolean {
  answer ??= askGraphics();
  return answer;
}

function askGraphics(): boolean {
  const context = document.createElement('canvas').getContext('webgl2');
  if (context === null) return false;
  const info = context.getExtension('WEBGL_debug_renderer_info');
  const renderer: unknown = context.getParameter(info === null ? context.RENDERER : info.UNMASKED_RENDERER_WEBGL);
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return typeof renderer !== 'string' || !SOFTWARE.test(renderer);
}
