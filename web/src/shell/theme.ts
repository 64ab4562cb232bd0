import { createTheme, localStorageColorSchemeManager, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** A cool slate instead of Mantine's neutral grey; index 7 is the page, 0 the text, 2 the quiet text (5.9:1 on the page). */
const slate: MantineColorsTuple = [
  '#d5d9e2',
  '#bcc3d0',
  '#9aa4b5',
  '#7d8799',
  '#3a4250',
  '#2e3542',
  '#222833',
  '#151a22',
  '#10141b',
  '#0b0e13',
];

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 8, dark: 7 },
  colors: { dark: slate },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', Arial, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.9375rem', lg: '1.0625rem', xl: '1.25rem' },
  components: {
    // A notification's cross has no name of its own.
    CloseButton: { defaultProps: { 'aria-label': 'Close' } },
    Modal: { styles: { title: { fontSize: '1.0625rem', fontWeight: 650 } } },
    Notification: { styles: { description: { color: 'var(--mantine-color-text)' } } },
  },
  headings: {
    fontWeight: '650',
    textWrap: 'balance',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.3' },
      h2: { fontSize: '1.1875rem', lineHeight: '1.35' },
      h3: { fontSize: '1rem', lineHeight: '1.4' },
      h4: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
});

/** Mantine's quiet text is 3.3:1 on white; ours holds the 4.5:1 that WCAG asks of text. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-text': '#1a1f27',
    '--mantine-color-dimmed': '#5a6472',
    '--mantine-color-placeholder': '#6b7583',
    '--mantine-color-error': '#c92a2a',
  },
  dark: { '--mantine-color-placeholder': '#8c96a8', '--mantine-color-error': '#ff8787' },
});

/** The key is read by `public/boot.js` too. */
export const colorSchemeManager = localStorageColorSchemeManager({ key: 'drillhouse.color-scheme' });
