// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/page/assets.hpp>

namespace spry::emulator {

// All it knows of are the pages themselves: it fetches them as a click would, and takes over the
// parts that are marked as live. What somebody types is left alone.
const std::string_view page_script = R"(
'use strict';
let version = document.body.dataset.version;

async function load(address, options) {
  const answer = await fetch(address, options);
  const text = await answer.text();
  return new DOMParser().parseFromString(text, 'text/html');
}

function takeOver(fresh) {
  for (const old of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(old.id);
    if (!next || next.innerHTML === old.innerHTML) continue;
    const focused = old.contains(document.activeElement) ? document.activeElement.id : '';
    old.replaceChildren(...next.childNodes);
    if (focused) document.getElementById(focused)?.focus();
  }
  const token = fresh.querySelector('input[name=token]');
  const ours = document.querySelector('input[name=token]');
  if (token && ours) ours.value = token.value;
  version = fresh.body.dataset.version;
}

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));
const seen = () => new Promise(done => {
  if (!document.hidden) return done();
  document.addEventListener('visibilitychange', done, { once: true });
});

async function follow() {
  const state = document.getElementById('state');
  while (true) {
    await seen();
    try {
      const answer = await fetch('/_spry/changes?since=' + version);
      if (!answer.ok) throw new Error(answer.status);
      takeOver(await load(location.href));
      state.textContent = 'live';
    } catch {
      state.textContent = 'not connected';
      await pause(2000);
    }
    await pause(200);
  }
}

const send = document.getElementById('send');
const result = document.getElementById('result');
send?.addEventListener('submit', async event => {
  event.preventDefault();
  const button = send.querySelector('button');
  const body = new URLSearchParams(new FormData(send));
  button.disabled = true;
  result.textContent = 'The function runs.';
  try {
    const page = await load(send.action, { method: 'POST', body });
    const shown = page.getElementById('invocation') ?? page.getElementById('problem');
    result.replaceChildren(...(shown ?? page.querySelector('main')).childNodes);
  } catch {
    result.textContent = 'The emulator does not answer.';
  }
  button.disabled = false;
});

const sample = document.getElementById('sample');
const fill = document.getElementById('fill');
async function fillIn(event) {
  event.preventDefault();
  const page = await load(fill.action + '?' + new URLSearchParams(new FormData(fill)));
  document.getElementById('event').value = page.getElementById('event').value;
}
fill?.addEventListener('submit', fillIn);
sample?.addEventListener('change', fillIn);

if (document.getElementById('state')) follow();
)";

} // namespace spry::emulator
