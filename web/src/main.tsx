import { createRoot } from 'react-dom/client';
import { z } from 'zod';
import { App } from './shell/app.tsx';
import './shell/mantine-styles.ts';
import './shell/global.css';

// zod compiles its parsers with `new Function` where it can; the content security policy forbids that, and even trying is reported.
z.config({ jitless: true });

try {
  sessionStorage.removeItem('drillhouse.boot-reloads');
} catch {
  // Forbidden storage: then public/boot.js has no count either.
}

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root".');
createRoot(root).render(<App />);
