// Keeps the progress of a bulk request up to date while its page stays open.
const fallBackAfter = 3;
const silenceInMilliseconds = 5_000;
const reloadInMilliseconds = 5_000;
const pollInMilliseconds = 3_000;

const region = document.querySelector("[data-bulk]");
let failures = 0;
let events;
let watch;

function show({ key, done, words }) {
  failures = 0;
  if (key !== region.dataset.key) {
    location.reload();
    return;
  }

  region.querySelector("[data-words]").textContent = words;
  const bar = region.querySelector("progress");
  if (bar) bar.value = done;
}

// The server says something every second. What arrives later is held back by a proxy, which may do so for minutes.
function expectMore() {
  clearTimeout(watch);
  watch = setTimeout(poll, silenceInMilliseconds);
}

async function poll() {
  clearTimeout(watch);
  events.close();
  try {
    const answer = await fetch(region.dataset.bulk, { headers: { Accept: "application/json" } });
    if (!answer.ok) {
      setTimeout(() => location.reload(), reloadInMilliseconds);
      return;
    }

    show(await answer.json());
  } catch {
    // The network is gone for a moment.
  }

  setTimeout(poll, pollInMilliseconds);
}

if (region) {
  events = new EventSource(region.dataset.bulk);
  expectMore();
  events.addEventListener("message", event => {
    expectMore();
    show(JSON.parse(event.data));
  });
  events.addEventListener("error", () => {
    // The server ends each answer after a minute, and the browser asks again by itself, unless it was refused.
    failures += 1;
    if (events.readyState === EventSource.CLOSED || failures >= fallBackAfter) poll();
  });
}
