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
<p class="hint">Or run <code>lab login --browser</code>, which prints a link.</p>
</main>
</body>
</html>
`;

/** The link's secret is behind the #, which browsers send to nobody. */
export const SCRIPT = `'use strict';
const status = document.getElementById('status');
const form = document.getElementById('form');
async function signIn(body) {
  status.textContent = 'Signing in…';
  let answer;
  try {
    answer = await fetch('/sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch {
    status.textContent = 'labd does not answer.';
    return false;
  }
  const { message } = await answer.json().catch(() => ({ message: 'labd did not understand.' }));
  if (answer.ok) location.replace('/graphql');
  else status.textContent = message;
  return answer.ok;
}
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const value = (id) => document.getElementById(id).value;
  void signIn({ name: value('name'), password: value('password') });
});
const link = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
if (link === '') form.hidden = false;
else void signIn({ link }).then((done) => { form.hidden = done; });
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
