import type { ComponentChildren } from 'preact';

interface ScrollProps {
  /** What is in it, for who cannot see it. */
  readonly label: string;
  /** Default: a box with a border. */
  readonly look?: string;
  readonly children: ComponentChildren;
}

/** Holds what may be wider or higher than the screen: it scrolls within itself, by keyboard too. */
export function Scroll({ label, look = 'scroll', children }: ScrollProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a browser scrolls by keyboard only what has the focus (WCAG 2.1.1)
    <section class={look} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
