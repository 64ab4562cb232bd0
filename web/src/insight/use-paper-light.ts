import { useEffect } from 'react';

const SCHEME = 'data-mantine-color-scheme';

/** Paper is white: while the page is printed it has its light colours, whatever the screen has. */
export function usePaperLight(): void {
  useEffect(() => {
    const root = document.documentElement;
    const paper = window.matchMedia('print');
    let ofScreen: string | null = null;
    const follow = (): void => {
      if (paper.matches && ofScreen === null) {
        ofScreen = root.getAttribute(SCHEME);
        root.setAttribute(SCHEME, 'light');
      } else if (!paper.matches && ofScreen !== null) {
        root.setAttribute(SCHEME, ofScreen);
        ofScreen = null;
      }
    };
    paper.addEventListener('change', follow);
    return () => {
      paper.removeEventListener('change', follow);
    };
  }, []);
}
