// The page that signs a browser in: by a link that was opened, or by name and password.

export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in to lab</title>
<link rel="stylesheet" href="/sign-in.css">
<script src="/sign-in.js" defer></script>
</head>
<body>
<main>
<h1>lab</h1>
<p id="status" role="status"></p>
<form id="form" hidden>
<label for="name">Name</label>
<input id="name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus>
<label for="password">Password</label>
<input id="password" type="password" autocomplete="current-password" required>
<button>Sign in</button>
</form>
<form id="ask" hidden>
<button id="yes"></button>
<button id="no" type="button"></button>
</form>
<p class="hint">Or run <code>lab login --browser</code>, which prints a link: open it, or paste it here.</p>
</main>
</body>
</html>
`;

/** The link's secret is behind the #, which browsers send to nobody. */
export const SCRIPT = `'use strict';
const byId = (id) => document.getElementById(id);
const status = byId('status');
const form = byId('form');
const ask = byId('ask');
const LINK = /\\blab_link_\\w+/;
function show(one) {
  form.hidden = one !== form;
  ask.hidden = one !== ask;
}
async function signIn(body) {
  status.textContent = 'Signing in…';
  show();
  let answer;
  try {
    answer = await fetch('/sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch {
    status.textContent = 'labd does not answer.';
    return show(form);
  }
  if (answer.ok) return location.replace('/graphql');
  const { message, present, wanted } = await answer.json().catch(() => ({ message: 'labd did not understand.' }));
  status.textContent = message;
  if (present === undefined) return show(form);
  question('Sign in as ' + wanted, 'Stay ' + present, { ...body, replace: present });
}
function question(yes, no, body) {
  byId('yes').textContent = yes;
  byId('no').textContent = no;
  ask.onsubmit = (event) => {
    event.preventDefault();
    void signIn(body);
  };
  show(ask);
}
byId('no').addEventListener('click', () => location.replace('/graphql'));
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const [link] = LINK.exec(byId('name').value) ?? [];
  void signIn(link ? { link } : { name: byId('name').value, password: byId('password').value });
});
/** The link in the address, which may have been typed into a page that was open. */
function follow() {
  const [link] = LINK.exec(location.hash) ?? [];
  history.replaceState(null, '', location.pathname);
  if (link && 'foreign' in document.body.dataset) {
    status.textContent = 'A page elsewhere has sent you here, with a link that signs this browser in.';
    question('Sign in by it', 'Do not', { link });
  } else if (link) void signIn({ link });
  return link !== undefined;
}
addEventListener('hashchange', follow);
addEventListener('paste', (event) => {
  const [link] = LINK.exec(event.clipboardData.getData('text')) ?? [];
  if (!link) return;
  event.preventDefault();
  void signIn({ link });
});
if (!follow()) show(form);
`;

export const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { display: grid; place-items: center; min-height: 90vh; margin: 0; }
main { width: min(22rem, 90vw); }
h1 { font-size: 1.5rem; }
form { display: grid; gap: .25rem; }
form[hidden] { display: none; }
label { margin-top: .5rem; }
input, button { font: inherit; padding: .5rem; border: 1px solid GrayText; border-radius: .25rem; }
button { margin-top: 1rem; cursor: pointer; }
#status:empty { display: none; }
.hint { color: GrayText; font-size: .875rem; }
`;
