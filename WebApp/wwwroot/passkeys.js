// Has the browser answer for a form with data-passkey: "get" proves who is there, "create" makes a passkey. The question is fetched right before,
// for it is good for minutes only; the answer travels as an ordinary form, so that the server's pages say what came of it.
const askAgainAfter = 4 * 60_000;
const forms = [...document.querySelectorAll("form[data-passkey]")];
// The browser answers one question at a time: a button pressed ends what was only offered.
let offer;
let offering;

const words = {
  AbortError: "",
  NotAllowedError: "Nothing was done: it was cancelled, took too long, or this device has no passkey for it. Try again when you are ready.",
  InvalidStateError: "This device has a passkey for your account already.",
  SecurityError: "Passkeys don't work at this address. Open the site by its name, over https.",
  NotSupportedError: "This device can't keep a passkey. Try another device or a security key.",
  ConstraintError: "This device can't make sure that it is you. Set up a screen lock or a PIN on it, or use another device.",
};

function bytesOf(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, character => character.charCodeAt(0));
}

function textOf(buffer) {
  const binary = Array.from(new Uint8Array(buffer), byte => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// Browsers from before 2025 lack the functions for it.
function optionsOf(question, kind) {
  const parse = kind === "create" ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
  if (PublicKeyCredential[parse]) return PublicKeyCredential[parse](question);

  const decode = list => list?.map(credential => ({ ...credential, id: bytesOf(credential.id) }));
  return {
    ...question,
    challenge: bytesOf(question.challenge),
    ...(question.user && { user: { ...question.user, id: bytesOf(question.user.id) } }),
    excludeCredentials: decode(question.excludeCredentials),
    allowCredentials: decode(question.allowCredentials),
  };
}

// Some password managers put an object of their own in the place of the browser's, and its toJSON fails.
function jsonOf(credential) {
  try {
    return JSON.stringify(credential.toJSON());
  } catch {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = textOf(credential.response[name]);
    }
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return JSON.stringify({
      id: credential.id,
      rawId: textOf(credential.rawId),
      type: credential.type,
      clientExtensionResults: credential.getClientExtensionResults?.() ?? {},
      response,
    });
  }
}

async function fetchQuestion(form) {
  const answer = await fetch(form.dataset.question, { redirect: "manual", cache: "no-store" });
  if (answer.ok) return answer.json();
  // Signed out or asked to confirm meanwhile: the page itself leads there.
  if (answer.type === "opaqueredirect") location.reload();
  throw new Error(`The question could not be fetched: ${answer.status}`);
}

async function answer(form, signal, mediation) {
  const { options, state } = await fetchQuestion(form);
  const kind = form.dataset.passkey;
  const credential = await navigator.credentials[kind]({ publicKey: optionsOf(options, kind), signal, mediation });
  form.elements.passkeyAnswer.value = jsonOf(credential);
  form.elements.passkeyState.value = state;
  for (const copy of form.querySelectorAll("[data-copy-of]")) copy.value = document.getElementById(copy.dataset.copyOf)?.checked ?? false;
  form.submit();
}

async function press(form) {
  const says = form.querySelector("[data-says]");
  const button = form.querySelector("button");
  offer?.abort();
  says.textContent = "Follow your browser's instructions.";
  button.disabled = true;
  try {
    await answer(form);
    says.textContent = "One moment.";
  } catch (error) {
    button.disabled = false;
    button.focus();
    says.textContent = words[error.name] ?? "That did not work. Check your connection, and try again.";
    if (form === offering) offerItself(form);
  }
}

// Among the names that the browser offers for the e-mail field. Asked anew before the question is too old, however long the page is open.
async function offerItself(form) {
  offer?.abort();
  const mine = offer = new AbortController();
  const timer = setTimeout(() => offerItself(form), askAgainAfter);
  mine.signal.addEventListener("abort", () => clearTimeout(timer));
  try {
    await answer(form, mine.signal, "conditional");
  } catch {
    // Nobody has asked for anything yet, so nothing is said: the button is there.
  }
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const form of forms) {
    form.hidden = false;
    form.addEventListener("submit", event => {
      event.preventDefault();
      press(form);
    });
  }

  if (await PublicKeyCredential.isConditionalMediationAvailable?.()) offering = forms.find(form => form.dataset.offersItself === "true");
  if (offering) offerItself(offering);
  // Come back to with the back button: the answer that the form had is spent.
  addEventListener("pageshow", event => event.persisted && location.reload());
} else {
  for (const element of document.querySelectorAll("[data-without-passkeys]")) element.hidden = false;
}
