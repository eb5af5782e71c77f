// Shows what was typed into a password field, and says what it thinks of a new password while that is being typed. The server decides: it knows
// what is common, and whose the account is. Every page works without this.
const shortestPattern = 3;
const leastUnforetold = 8;
const pauseInMilliseconds = 400;
const rows = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz"];

function addReveal(field) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.setAttribute("aria-controls", field.id);
  const show = shown => {
    field.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-label", shown ? "Hide password" : "Show password");
  };
  show(false);
  button.addEventListener("click", () => show(field.type === "password"));
  // Sent as a password, or the browser would remember it like any other text.
  field.form?.addEventListener("submit", () => show(false));
  field.after(button);
}

const isStep = (one, next) => rows.some(row => row.includes(one + next));
const directions = [(one, next) => one === next, isStep, (one, next) => isStep(next, one)];

// What was there before counts nothing, and a row counts as its first character.
function unforetold(text) {
  let count = 0;
  for (let i = 0; i < text.length;) {
    let row = 1;
    for (const goesOn of directions) {
      let length = 1;
      while (i + length < text.length && goesOn(text[i + length - 1], text[i + length])) length++;
      row = Math.max(row, length);
    }
    let again = 0;
    while (i + again < text.length && text.slice(0, i).join("").includes(text.slice(i, i + again + 1).join(""))) again++;
    if (row < shortestPattern) row = 1;
    if (again < shortestPattern) again = 0;
    if (again < row) count++;
    i += Math.max(row, again);
  }
  return count;
}

function judge(password, minLength, known) {
  const length = [...password].length;
  if (length === 0) return "";
  if (length < minLength) return `${minLength - length} more character${minLength - length === 1 ? "" : "s"} needed.`;

  const typed = [...password.toLowerCase().replace(/\s/g, "")];
  const least = Math.min(leastUnforetold, Math.ceil(typed.length / 2));
  if (unforetold(typed) < least) return "A simple pattern: easy to guess.";

  let rest = typed.join("");
  for (const word of known) rest = rest.replaceAll(word, "");
  if (unforetold([...rest]) < least) return "Mostly your name or address: easy to guess.";
  return "Long enough, and no simple pattern.";
}

function addHint(field) {
  const hint = document.querySelector(`.strength[data-for="${CSS.escape(field.id)}"]`);
  if (!hint) return;

  let pause;
  const words = () => [...field.form.querySelectorAll("[autocomplete=name], [autocomplete=username]")]
    .flatMap(other => other.value.toLowerCase().split(/[\s@._+-]+/)).filter(word => word.length >= shortestPattern);
  // Not at every key: whoever hears the page would hear nothing else.
  field.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => { hint.textContent = judge(field.value, Number(hint.dataset.minLength), words()); }, pauseInMilliseconds);
  });
}

for (const field of document.querySelectorAll(".password > input")) {
  addReveal(field);
  addHint(field);
}
