// Warns two minutes before the session ends while a page stays open. The server knows when that is: another tab may have used the session,
// and the browser's clock may be wrong. When the server can't be asked, nothing is said. Every page works without this.
const askAgainAfter = 10;
const tickInMilliseconds = 1_000;

const region = document.getElementById("deadline");
const warnFrom = Number(region?.dataset.warnFrom);
const openedAt = Date.now();
let shown = "";
let dueAt = 0;
let asking = false;

// In seconds, by two clocks: timers may stand still while a laptop sleeps, and the clock of the day may be set back.
const elapsed = () => Math.max(Date.now() - openedAt, performance.now()) / 1_000;

function wait(seconds) {
  dueAt = elapsed() + seconds;
}

function show(what) {
  if (what === shown) return;
  shown = what;
  region.replaceChildren(...(what ? [document.getElementById(`deadline-${what}`).content.cloneNode(true)] : []));
}

function judge({ idle, absolute }) {
  const left = Math.min(idle, absolute);
  show(left > warnFrom ? "" : absolute <= idle ? "absolute" : "idle");
  wait(left > warnFrom ? left - warnFrom : Math.min(left + 1, askAgainAfter));
}

async function ask(options) {
  asking = true;
  wait(askAgainAfter);
  try {
    const answer = await fetch(region.dataset.url, { redirect: "manual", cache: "no-store", ...options });
    if (answer.status === 200) judge(await answer.json());
    else if (answer.status === 401) show("ended");
    else if (answer.status === 204) show("");
  } catch {
    // Not connected. The next time will tell.
  } finally {
    asking = false;
  }
}

function tick() {
  if (!asking && shown !== "ended" && elapsed() >= dueAt) ask();
}

if (region) {
  wait(Number(region.dataset.left) - warnFrom);
  setInterval(tick, tickInMilliseconds);
  document.addEventListener("visibilitychange", () => {
    if (shown && !document.hidden) ask();
    else tick();
  });
  region.addEventListener("submit", event => {
    event.preventDefault();
    ask({ method: "POST", body: new URLSearchParams(new FormData(event.target)) });
  });
}
