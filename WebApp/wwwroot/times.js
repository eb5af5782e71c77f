// Keeps relative times fresh while a page stays open, in the words of Pages/Shared/RelativeTime.cs. Every page works without it.
const minutesPerHour = 60;
const minutesPerDay = 24 * minutesPerHour;
const longestInDays = 60;

// The server's clock counts, not the browser's: what the page said when it arrived is the starting point.
const loadedAt = performance.now();
const serverNow = Date.parse(document.documentElement.dataset.now);

function describe(at, now) {
  const past = at <= now;
  const minutes = past ? Math.floor((now - at) / 60_000) : Math.round((at - now) / 60_000);
  if (minutes < 1) return past ? "just now" : "in less than a minute";
  if (minutes >= longestInDays * minutesPerDay) return null;

  const [size, unit] = minutes < minutesPerHour ? [1, "minute"] : minutes < minutesPerDay ? [minutesPerHour, "hour"] : [minutesPerDay, "day"];
  const amount = past ? Math.floor(minutes / size) : Math.round(minutes / size);
  const words = `${amount} ${unit}${amount === 1 ? "" : "s"}`;
  return past ? `${words} ago` : `in ${words}`;
}

function refresh() {
  const now = serverNow + performance.now() - loadedAt;
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const words = describe(Date.parse(time.dateTime), now);
    if (words && words !== time.textContent) time.textContent = words;
  }
}

if (serverNow) setInterval(refresh, 15_000);
