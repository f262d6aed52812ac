/** The page's look. No script, no font and no image from elsewhere. */
export const style = `
:root { color-scheme: light dark; }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 4rem; }
body { margin: 0; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink); background: var(--paper); }
a { color: var(--ahead); text-decoration: none; } a:hover { text-decoration: underline; }
code { font: .86em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
nav { position: sticky; top: 0; z-index: 2; display: flex; gap: 1.25rem; padding: .7rem max(1rem, calc((100vw - 70rem) / 2)); overflow-x: auto;
  background: var(--paper); border-bottom: 1px solid var(--line); white-space: nowrap; }
nav a { color: var(--soft); } nav strong { margin-right: auto; }
main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1rem; }
header { padding: 2.5rem 0 .5rem; } h1 { font-size: clamp(1.8rem, 5vw, 2.6rem); line-height: 1.15; margin: 0 0 .6rem; letter-spacing: -.02em; }
h2 { font-size: 1.5rem; margin: 3rem 0 .5rem; letter-spacing: -.01em; } h3 { font-size: 1.02rem; margin: 1.6rem 0 .4rem; }
p { max-width: 46rem; margin: .4rem 0 1rem; } .lead { font-size: 1.12rem; color: var(--soft); } .soft { color: var(--soft); }
.scroll { overflow-x: auto; } figure { margin: 1rem 0; border: 1px solid var(--line); border-radius: 10px; overflow: auto; }
figure svg { display: block; margin: 0 auto; max-width: 100%; height: auto; min-width: 44rem; } figure.wide { width: min(100vw - 2rem, 102rem); margin-left: 50%; transform: translateX(-50%); }
figure.wide svg { min-width: 70rem; }
.key { display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; font-size: .9rem; color: var(--soft); margin: .6rem 0; }
.key i { display: inline-block; width: 2rem; height: 0; vertical-align: middle; margin-right: .5rem; border-top: 2px solid var(--ahead); }
.key i.back { border-top: 2px dashed var(--back); }
table { border-collapse: collapse; width: 100%; font-size: .92rem; } td, th { text-align: left; vertical-align: top; padding: .45rem .8rem .45rem 0;
  border-bottom: 1px solid var(--line); } th { font-weight: 600; color: var(--soft); font-size: .82rem; } td:last-child, th:last-child { padding-right: 0; }
.chip { display: inline-block; padding: 0 .55rem; margin: 0 .25rem .2rem 0; border-radius: 1rem; border: 1px solid var(--c); color: var(--ink); font-size: .85rem;
  line-height: 1.5rem; white-space: nowrap; }
details { border: 1px solid var(--line); border-radius: 10px; margin: .6rem 0; background: var(--box); } details:has(> :target) { border-color: var(--ahead); }
summary { cursor: pointer; padding: .7rem 1rem; display: flex; flex-wrap: wrap; gap: .2rem .8rem; align-items: baseline; list-style: none; }
summary::-webkit-details-marker { display: none; } summary::before { content: "›"; color: var(--soft); transition: transform .12s; }
details[open] > summary::before { transform: rotate(90deg); } summary > .soft { flex: 1 1 18rem; } .inside { padding: 0 1rem 1rem; scroll-margin-top: 7.5rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(11.5rem, 1fr)); gap: .8rem; margin: 1.2rem 0; }
.card { border: 1px solid var(--line); border-top: 4px solid var(--c); border-radius: 10px; padding: .8rem 1rem; background: var(--box); color: var(--ink); }
.card:hover { text-decoration: none; border-color: var(--c); } .card p { margin: .2rem 0 0; font-size: .9rem; color: var(--soft); }
.service { border-left: 4px solid var(--c); padding-left: 1rem; margin: 2.5rem 0 0; } .service h3:first-child { font-size: 1.25rem; margin: 0; }
footer { color: var(--soft); font-size: .9rem; padding: 3rem 1rem; }
@media (max-width: 40rem) { body { font-size: 15px; } figure.wide svg { min-width: 56rem; } .inside { padding: 0 .7rem .8rem; } .service { padding-left: .7rem; } }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } summary::before { transition: none; } }
@media print { nav { display: none; } }
`;
