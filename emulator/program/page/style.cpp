// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/page/assets.hpp>

namespace spry::emulator {

// Colours have a contrast of 4.5 to their ground at least, in both schemes. Below 44rem there is
// one column, and a table keeps what tells invocations apart.
const std::string_view page_style = R"(
:root {
  color-scheme: light dark;
  --ground: #fbfaf8; --card: #ffffff; --line: #e4e1dc; --text: #22252a; --soft: #646a73;
  --accent: #0b6bcb; --on-accent: #ffffff; --good: #1a7f4b; --bad: #c0362c; --wait: #b9b4ab;
  --code: #f4f2ee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14161a; --card: #1c1f25; --line: #31353d; --text: #e6e7ea; --soft: #9aa1ac;
    --accent: #6cb2ff; --on-accent: #10131a; --good: #5fce93; --bad: #ff8a7f; --wait: #59606b;
    --code: #14161a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 0 1.25rem 3rem; background: var(--ground);
  color: var(--text); font: 15px/1.5 system-ui, sans-serif;
}
header {
  display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; padding: 1.5rem 0 1rem;
}
h1 { margin: 0; font-size: 1.3rem; letter-spacing: -.01em; }
h1 a { color: inherit; text-decoration: none; }
h2 { margin: 0 0 .75rem; font-size: 1rem; }
h3 { margin: 1.25rem 0 .4rem; font-size: .85rem; color: var(--soft); font-weight: 600; }
p { margin: 0 0 .75rem; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
header p { margin: 0; color: var(--soft); }
header .refresh { margin-left: auto; }
.soft { color: var(--soft); }
.columns { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr); }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 1.1rem 1.25rem; min-width: 0;
}
.stack { display: grid; gap: 1.25rem; align-content: start; grid-template-columns: minmax(0, 1fr); }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th {
  text-align: left; font-size: .8rem; font-weight: 600; color: var(--soft);
  padding: 0 .6rem .35rem 0; vertical-align: bottom;
}
td { padding: .4rem .6rem .4rem 0; border-top: 1px solid var(--line); white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
.right { text-align: right; }
.cut { width: 40%; white-space: normal; overflow-wrap: anywhere; }
.wide { display: none; }
.mark { display: inline-flex; align-items: center; gap: .45em; }
.mark::before {
  content: ""; width: .55em; height: .55em; border-radius: 50%; background: var(--wait); flex: none;
}
.good::before { background: var(--good); }
.bad { color: var(--bad); }
.bad::before { background: var(--bad); }
.busy { color: var(--accent); }
.busy::before { background: var(--accent); }
svg { display: block; width: 100%; overflow: visible; }
svg .waited { fill: var(--wait); }
svg .ran { fill: var(--good); }
svg .failed { fill: var(--bad); }
svg .runs { fill: var(--accent); }
.bar { display: none; }
.bar svg, .large svg { height: .6rem; border-radius: 2px; background: var(--code); }
.large { margin: 0 0 1rem; }
.chart { margin: 0 0 .35rem; }
.chart svg { height: 3rem; border-bottom: 1px solid var(--line); }
.legend { display: flex; justify-content: space-between; font-size: .8rem; margin-bottom: 1rem; }
label { display: block; font-size: .85rem; font-weight: 600; margin: 0 0 .25rem; }
select, textarea, button {
  font: inherit; color: inherit; background: var(--card); border: 1px solid var(--soft);
  border-radius: 6px; padding: .45rem .6rem;
}
select { width: 100%; }
textarea {
  width: 100%; min-height: 11rem; resize: vertical; background: var(--code);
  font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre; overflow: auto;
}
button { cursor: pointer; font-weight: 600; }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button[disabled] { opacity: .6; cursor: default; }
form + form { margin-top: .9rem; }
.row { display: flex; gap: .6rem; align-items: end; }
.row > :first-child { flex: 1; min-width: 0; }
.field { margin-bottom: .9rem; }
.problem { color: var(--bad); margin: 0 0 .9rem; font-weight: 600; }
#result:not(:empty) { margin-top: 1.25rem; border-top: 1px solid var(--line); padding-top: 1.1rem; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .6rem 1rem; margin: 0 0 1rem; }
dl div { min-width: 0; }
dt { font-size: .8rem; color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
dl .whole { grid-column: 1 / -1; }
pre {
  margin: 0; padding: .7rem .85rem; background: var(--code); border: 1px solid var(--line);
  border-radius: 6px; overflow: auto; max-height: 24rem; tab-size: 4;
  font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace;
  white-space: pre-wrap; overflow-wrap: anywhere;
}
.links { margin: 1.1rem 0 0; }
.function + .function { margin-top: 1.25rem; }
.function h3 { color: var(--text); font-size: .95rem; margin: 0 0 .3rem; }
.empty { color: var(--soft); margin: 0; }
@media (min-width: 44rem) { .wide, .bar { display: table-cell; } .bar { width: 22%; } }
@media (min-width: 66rem) {
  .columns { grid-template-columns: minmax(0, 23rem) minmax(0, 1fr); }
}
@media (prefers-reduced-motion: no-preference) {
  .busy::before { animation: breathe 1.4s ease-in-out infinite; }
  @keyframes breathe { 50% { opacity: .35; } }
}
)";

} // namespace spry::emulator
