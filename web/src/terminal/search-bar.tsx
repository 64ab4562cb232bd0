import { ActionIcon, TextInput, useComputedColorScheme } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconX } from '@tabler/icons-react';
import { useEffect, useState, type KeyboardEvent } from 'react';
import type { TerminalHost } from './terminal-host.ts';
import styles from './terminal.module.css';

const DECORATIONS = {
  dark: {
    matchBackground: '#5c4a12',
    activeMatchBackground: '#a86f00',
    matchOverviewRuler: '#ffc46b',
    activeMatchColorOverviewRuler: '#ffa94d',
  },
  light: {
    matchBackground: '#ffe8a3',
    activeMatchBackground: '#ffc078',
    matchOverviewRuler: '#b8860b',
    activeMatchColorOverviewRuler: '#d9480f',
  },
} as const;

/** Searches what the terminal has scrolled through. */
export function SearchBar({ host, onClose }: { readonly host: TerminalHost; readonly onClose: () => void }) {
  const decorations = DECORATIONS[useComputedColorScheme('light')];
  const [term, setTerm] = useState('');
  const [found, setFound] = useState('');
  useEffect(() => {
    const results = host.search.onDidChangeResults(({ resultIndex, resultCount }) => {
      setFound(resultCount === 0 ? 'No match' : `${resultIndex + 1} of ${resultCount}`);
    });
    return () => {
      results.dispose();
      host.search.clearDecorations();
    };
  }, [host]);

  const find = (direction: 'next' | 'previous', text = term, incremental = false): void => {
    if (text === '') {
      host.search.clearDecorations();
      setFound('');
    } else if (direction === 'next') host.search.findNext(text, { decorations, incremental });
    else host.search.findPrevious(text, { decorations });
  };
  const close = (): void => {
    onClose();
    host.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') close();
    if (event.key === 'Enter') find(event.shiftKey ? 'next' : 'previous');
  };

  return (
    <search className={styles['search']}>
      <TextInput
        size="xs"
        autoFocus
        aria-label="Search in the terminal"
        placeholder="Search"
        value={term}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setTerm(event.currentTarget.value);
          find('previous', event.currentTarget.value);
        }}
      />
      <span className={styles['found']} role="status">
        {found}
      </span>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label="The match above"
        onClick={() => {
          find('previous');
        }}
      >
        <IconChevronUp size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label="The match below"
        onClick={() => {
          find('next');
        }}
      >
        <IconChevronDown size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" aria-label="Close the search" onClick={close}>
        <IconX size={16} aria-hidden />
      </ActionIcon>
    </search>
  );
}
