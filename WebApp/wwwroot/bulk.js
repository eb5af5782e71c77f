// Keeps the progress of a bulk request up to date while its page stays open. Without it the page loads itself anew every few seconds.
const fallBackAfter = 3;
const reloadInMilliseconds = 5_000;

const region = document.querySelector("[data-bulk]");
let failures = 0;

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

if (region) {
  const events = new EventSource(region.dataset.bulk);
  events.addEventListener("message", event => show(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    // The server ends each answer after a minute, and the browser asks again by itself, unless it was refused.
    failures += 1;
    if (events.readyState === EventSource.CLOSED || failures >= fallBackAfter) {
      events.close();
      setTimeout(() => location.reload(), reloadInMilliseconds);
    }
  });
}
